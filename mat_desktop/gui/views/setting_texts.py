"""What the settings page calls its settings and choices, and what it says of them."""

from __future__ import annotations

from mat_desktop.domain.settings import POLICY_FIELDS, SPECS, policy_key
from mat_desktop.gui import words

SECTIONS = {
    "listening": "Listening",
    "review": "Review",
    "writing": "Writing",
    "library": "Library",
    "player": "Player",
    "appearance": "Appearance",
    "files": "Files of the program",
}
NAMES = {
    "listening.device": "Device",
    "listening.threads": "Processor cores",
    "listening.model": "Model",
    "listening.new_music": "Listen to new music as it comes",
    "review.go_on": "Go on when decided",
    "review.strictness": "Fewer or more tags",
    "writing.mat_tags": "Write MAT_TAGS",
    "writing.mat_model": "Write MAT_MODEL",
    "writing.keep_time": "Keep the modification time",
    "library.watch": "Watch folders",
    "player.device": "Output device",
    "player.volume": "Volume",
    "appearance.theme": "Colours",
    "appearance.contrast": "Contrast",
    "appearance.text": "Size of letters",
    "appearance.motion": "Motion",
    "appearance.spectrogram": "Spectrogram",
    "appearance.density": "Rows",
    "appearance.font": "Typeface",
    **{policy_key(target): words.field(target) for target in POLICY_FIELDS},
}
MEANINGS = {
    "listening.threads": "Fewer leave more of the computer to others, and take longer.",
    "listening.model": "Cards, figures, import and export are on the Models page.",
    "listening.new_music": "In opened folders, while the program runs. It waits for your review then.",
    "review.go_on": "The next track comes as soon as every suggestion is decided.",
    "review.strictness": "Left: fewer and surer suggestions than measured; right: more. It is the slider "
    "beside the tags; a double click brings it to the middle.",
    "writing.mat_tags": "All tags that you did not reject, with their kind, as one field of its own. Without "
    "it, tags that are written nowhere else are not in the file.",
    "writing.mat_model": "Which model heard the tags, and when they were written.",
    "writing.keep_time": "Then other programs may not notice that a file was written: many media servers "
    "look at the time alone.",
    "library.watch": "What other programs change in opened folders shows without a scan.",
    "appearance.contrast": "High: pure text, strong outlines, no tints.",
    "appearance.motion": "Menus slide and fade. Nothing else moves but what plays or works.",
    "appearance.spectrogram": "The range in dB is set at the picture.",
    "appearance.density": "Height of rows in tables and of tags.",
}
CHOICES = {
    "auto": "By itself",
    "mps": "GPU, Apple",
    "xpu": "GPU, Intel",
    "cuda": "GPU, NVIDIA",
    "cpu": "CPU",
    "system": "As the system",
    "dark": "Dark",
    "light": "Light",
    "normal": "Normal",
    "high": "High",
    **{size: f"{size} %" for size in SPECS["appearance.text"].choices},
    "compact": "Compact",
    "comfortable": "Comfortable",
    "inter": "Inter",
    "magma": "Magma",
    "viridis": "Viridis",
    "cividis": "Cividis",
    "grey": "Grey",
}
CARRIED = (
    "One file with all settings, how tags are written, and your own thresholds. Not in it: music, decisions, "
    "history, imported models and taught tags."
)
ELSEWHERE = (
    "Library, history, models and settings. To have it elsewhere, for instance on a disk that you carry, "
    "start with: mat-desktop open --data-dir FOLDER"
)
