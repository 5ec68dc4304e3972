"""What people call organisations and products: by their names, and by the id as well where two share a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class Names:
    """Ids → what to call them in a report; an id that is not known, or has no name, is called by itself."""

    def __init__(self, names: Mapping[str, str]) -> None:
        alike = Counter(_bare(name) for name in names.values())
        self._shown = {
            id: name if alike[_bare(name)] == 1 else f"{name} ({id})" for id, name in names.items() if _bare(name)
        }

    def __call__(self, id: str) -> str:
        return self._shown.get(id, id)


def _bare(name: str) -> str:
    """The name as a reader tells names apart: capitals and spaces make no difference."""
    return " ".join(name.casefold().split())
