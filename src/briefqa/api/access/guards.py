"""The headers that every reply has: nothing of it is framed, guessed at, kept or run."""

from typing import Final

from starlette.datastructures import MutableHeaders

POLICY: Final = "Content-Security-Policy"
# Trusted Types close the ways by which a text could become markup, ours included.
PAGE_POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

_ALWAYS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "DENY",
}
_UNLESS_SAID: Final = {
    POLICY: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def docs_policy(script_hash: str) -> str:
    """Return the policy of a page whose one inline script has this SHA-256, in Base64.

    Swagger UI sets styles as attributes, and has small pictures inside its style sheet.
    """
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{script_hash}'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def guard(headers: MutableHeaders) -> None:
    """Add the headers to those of a reply, which may have a policy or a lifetime of its own."""
    headers.update(_ALWAYS)
    for name, value in _UNLESS_SAID.items():
        headers.setdefault(name, value)
