"""The tutorial application, where no refresh token is forgiven that comes a second time."""

import sys

from tests.support.server import ROOT

sys.path.insert(0, str(ROOT / "examples" / "tutorial"))

from app import create_app

app = create_app()
app.config["JWT_REFRESH_GRACE_DELTA"] = 0
