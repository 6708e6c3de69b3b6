"""Who may do what: each right has one name, and views say it."""

from __future__ import annotations

from flask_jwt.requirements import MaxAge, Role, Scope

is_staff = Role("owner", "clerk")
is_owner = Role("owner")

# A trainee is a clerk whose tokens are not for payments.
can_take_payments = Scope("payments:write") & is_staff

# Where money moves, whoever has found an open browser has to know the password too.
has_just_signed_in = MaxAge(5 * 60)
