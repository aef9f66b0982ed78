"""The icons of the page, in one inline sprite: 24 px, drawn by strokes."""

_ICONS = {
    "ask": '<circle cx="11" cy="11" r="6"/><path d="m15.5 15.5 4 4"/>',
    "ban": '<circle cx="12" cy="12" r="8"/><path d="m6.5 6.5 11 11"/>',
    "bolt": '<path d="M13 3.5 5.5 13.5H11l-.5 7L18.5 10H13Z"/>',
    "check": '<path d="m5.5 12.8 4.2 4.2 8.8-10"/>',
    "checks": '<path d="m2.5 12 4 4 8-9.2M12.3 14.8l1.2 1.2 8-9.2"/>',
    "clock": '<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>',
    "copy": '<rect x="8.5" y="8.5" width="11" height="11" rx="2.5"/><path d="M15.5 5.5A1.5 1.5 0 0 0 14 4.5H6A1.5 '
    '1.5 0 0 0 4.5 6v8a1.5 1.5 0 0 0 1 1.4"/>',
    "lost": '<path d="M5 19v-3M9.7 19v-5.5M19 19V6M14.3 19v-1M4 4l16 16"/>',
    "phone": '<rect x="7" y="2.8" width="10" height="18.4" rx="2.6"/><path d="M11 18.4h2"/>',
    "picture": '<rect x="4" y="5" width="16" height="14" rx="2.5"/><circle cx="9" cy="10" r="1.4"/>'
    '<path d="m5 17.5 4.6-4.4 3 2.8 3.2-3.4 4 4"/>',
    "send": '<path d="M12 19V5.5M6 11.2l6-6 6 6"/>',
    "signal": '<path d="M5 19v-3M9.7 19v-6M14.3 19v-9M19 19V6"/>',
    "turtle": '<path d="M4 15.5c0-4.2 3-7 6.5-7s6.5 2.8 6.5 7ZM17 13c1.7 0 3.2-.6 3.2-2.2 0-1-.8-1.8-1.7-1.8-1.5 0-2 '
    '1.5-2 3M6.5 15.5V18M14 15.5V18"/>',
    "twice": '<path d="M4 8.5h13l-3-3M20 15.5H7l3 3"/>',
    "warning": '<path d="M12 4.5 3.8 19h16.4ZM12 10v4.2M12 16.6v.2"/>',
}

SPRITE = (
    '<svg class="sprite" aria-hidden="true">'
    + "".join(f'<symbol id="{name}" viewBox="0 0 24 24">{shape}</symbol>' for name, shape in _ICONS.items())
    + "</svg>"
)


def icon(name: str) -> str:
    """Returns the HTML of an icon, which says nothing to screen readers. Raises KeyError for an unknown name."""
    _ICONS[name]
    return f'<svg class="icon" aria-hidden="true"><use href="#{name}"/></svg>'
