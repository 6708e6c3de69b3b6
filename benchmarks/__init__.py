"""How much each way of protecting a view adds to a request, side by side in one run.

``python -m benchmarks`` (``make bench``) works like this:

- Each candidate protects a view of a Flask application of its own, in production mode, beside an
  unprotected view with the same body. Requests go through the WSGI callable: a fresh environ for
  each, the answer read to its end and closed.
- What a candidate *adds* is the time of a request to the protected view less that of a request to
  the unprotected one. The two take turns of 25 requests, and so do the candidates, round by round.
  pyperf keeps the median of each turn; the figure that is shown is the difference of the medians of
  all turns. Two files of ``--json`` are compared by ``python -m pyperf compare_to``.
- Where it says *never seen*, no token is used twice: those of a round are signed before its clock
  starts, and each names another user. The cache of verified tokens is on, as it is by default, and
  full before anything is timed: each such token is put into it, and drives others out.
- Where it says *cached*, 1,000 tokens take turns, each of which was sent before. The others get
  repeated tokens too, beside it: none of them remembers anything.
- Each candidate loads its keys as its documentation shows, gets tokens with the claims of its own
  default, and finds the user with the same trivial function. All share one PyJWT and one
  cryptography. Garbage is collected between turns, not during them.
- Before anything is timed, each candidate has to let a good token in, and to refuse a bad
  signature, an expired token and another key's token. One that does not ends the run.

The *bare primitive* is one ``hmac.digest``, or one ``verify`` or ``sign`` of cryptography, over the
bytes of the same kind of token: what no package can do without.
"""
