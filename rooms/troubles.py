"""What keeps this process from doing its work now, part by part, in plain words."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)


class Troubles:
    """The parts that cannot work. Each is logged when it begins and when it ends, not in between."""

    def __init__(self) -> None:
        """All is well."""
        self._reasons: dict[str, str] = {}

    @property
    def reason(self) -> str:
        """One of the reasons, the oldest first; "" when all is well."""
        return next(iter(self._reasons.values()), "")

    def tell(self, part: str, reason: str) -> bool:
        """Note why a part cannot work, or with "" that it can again. True when all turned from well to not, or back."""
        was = bool(self.reason)
        if reason:
            if part not in self._reasons:
                logger.warning("degraded (%s): %s", part, reason)
            self._reasons[part] = reason
        elif self._reasons.pop(part, ""):
            logger.info("well again (%s)", part)
        return was != bool(self.reason)
