"""Pictures of what was asked and what was sung: one scene, drawn as a figure or as a page."""
