"""Read what the author wrote: YAML text to values that know where they stand, overlays laid before typing.

Import from the modules: `files` (bytes to text), `yaml12` (text to nodes), `node`, `document`, `overlay`, `layers`
(`extends`, `cluster`, variants), `project` (`sparkc.toml`) and `spelling` ("did you mean").
"""
