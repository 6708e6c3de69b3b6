# safe_str_cmp was in Werkzeug until its version 2.1.
from hmac import compare_digest as safe_str_cmp

from models.user import UserModel


def authenticate(username, password):
    user = UserModel.find_by_username(username)
    if user and safe_str_cmp(user.password, password):
        return user


def identity(payload):
    user_id = payload['identity']
    return UserModel.find_by_id(user_id)
