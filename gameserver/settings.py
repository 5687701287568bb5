"""Django's settings. What differs between machines is an environment variable; nothing here need be edited.

docs/operations.md lists the variables; `gameserver/tunables.py` holds our own numbers.
Runs on Django 5.2 and 6.x.
"""

from __future__ import annotations

import os

from gameserver import connections, places
from gameserver.environment import read_choice, read_flag, read_list, read_text
from gameserver.logs import logging_config
from gameserver.transport.roads import choose_road, has_picows
from gameserver.tunables import read_tunables

BASE_DIR = places.BASE_DIR
VAR_DIR = places.var_folder()
DEBUG = read_flag("HOLDFAST_DEBUG")
SECRET_KEY = read_text("HOLDFAST_SECRET_KEY") or places.secret_key(VAR_DIR)

# --- our own ------------------------------------------------------------------------------------------------
HOLDFAST = read_tunables()
HOLDFAST_POOLS = read_text("HOLDFAST_POOLS")  # games on engines of their own: name:shards=game,game; see rooms/pools.py
HOLDFAST_POOL = read_text("HOLDFAST_POOL")  # the one that an engine serves; empty: the games in no other
HOLDFAST_ORIGINS = read_list("HOLDFAST_ORIGINS")  # WebSocket origins with scheme and port; empty: the page's own host
HOLDFAST_SINGLE = read_flag("HOLDFAST_SINGLE")  # one process runs everything
HOLDFAST_ADDRESS_HEADER = read_text("HOLDFAST_ADDRESS_HEADER")  # set by your own proxy, e.g. X-Real-IP; empty: the peer
HOLDFAST_WEBSOCKETS = choose_road(os.environ, has_picows())  # what carries WebSockets under Daphne: picows or daphne
REDIS_URL = connections.redis_url(read_text("REDIS_URL", f"unix://{places.valkey_socket(VAR_DIR)}"))
ROOMS_URL = connections.rooms_url(REDIS_URL, read_text("HOLDFAST_ROOMS_URL"))  # where the rooms live

# --- the application ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "gameserver.apps.Daphne",  # before staticfiles: it replaces runserver
    "channels",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "gameserver",
    "rooms",
    "lobby",
]
MIDDLEWARE = [
    "lobby.middleware.SecurityHeaders",  # outermost: every answer has a content security policy
    "gameserver.chain.Security",
    "gameserver.chain.StaticFiles",
    "gameserver.chain.Sessions",
    "gameserver.chain.Common",
    "gameserver.chain.Csrf",
    "lobby.identity.GuestMiddleware",  # request.player
    "gameserver.chain.Users",
    "gameserver.chain.Messages",
    "gameserver.chain.Frames",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "gameserver.urls"
ASGI_APPLICATION = "gameserver.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- what is remembered -------------------------------------------------------------------------------------
DATABASE_URL = read_text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
DATABASES = {"default": connections.database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": connections.cache_url(REDIS_URL, read_text("HOLDFAST_CACHE_URL")),
        "KEY_PREFIX": "hf-cache",
        "OPTIONS": {
            # JSON, not pickle: whoever can write to Redis must not be able to run code here.
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            # A cache that fails is an error: with True, throttles would let everyone through.
            "IGNORE_EXCEPTIONS": False,
            "SOCKET_CONNECT_TIMEOUT": 2,
            "SOCKET_TIMEOUT": 2,
        },
    },
}
FSYNC = read_choice("HOLDFAST_FSYNC", ("always", "everysec", "no"))
"""When the embedded Valkey writes to the disk (gameserver/valkey.py)."""
CHANNEL_LAYERS = {
    "default": connections.channel_layer(read_choice("HOLDFAST_CHANNEL_LAYER", ("redis", "memory")), REDIS_URL),
}

# --- people -------------------------------------------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_SAMESITE = "Lax"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- who may come in ----------------------------------------------------------------------------------------
ALLOWED_HOSTS = read_list("HOLDFAST_ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = read_list("HOLDFAST_CSRF_TRUSTED_ORIGINS")
BEHIND_TLS = read_flag("HOLDFAST_TLS")  # a proxy in front speaks TLS and sets X-Forwarded-Proto itself
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SILENCED_SYSTEM_CHECKS = [  # they look for Django's middleware by name; ours are those, see gameserver/chain.py
    *("security.W001", "security.W002", "security.W003"),
    "security.W010",  # said by holdfast.W007
]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- pages and files ----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"  # only where an operator runs collectstatic
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "rooms.staticfiles.GameFinder",  # the drawing that lies beside an installed game
]
WHITENOISE_USE_FINDERS = True  # no collectstatic before the first start
WHITENOISE_AUTOREFRESH = True  # a changed module is seen at the next load, without a restart
WHITENOISE_MAX_AGE = 0  # browsers ask each time and get "not modified": ES modules carry no hash in their names
LOGGING = logging_config(read_text("HOLDFAST_LOG_LEVEL", "INFO").upper(), read_text("HOLDFAST_PROCESS", "manage"))
