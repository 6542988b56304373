"""``python -m mat_desktop.audio.check``: the sound devices, as JSON, for the doctor.

In a process of its own: the sound system may hang or write to the terminal, and what plays is left alone.
"""

from __future__ import annotations

import json

from mat_desktop.audio.output import Output


def main() -> None:
    """Print why there is no sound, empty where there is, and how many devices could be chosen."""
    output = Output(lambda block: None, lambda rate: None)
    output.look_again()
    print(json.dumps({"reason": output.reason, "devices": len(output.devices), "rate": output.rate}))


if __name__ == "__main__":
    main()
