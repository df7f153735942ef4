"""Pictures of a map for papers: PNG, SVG and PDF on A4, drawn of the same figures and classes.

What the page shades by, and in which classes, comes from `geodemand.maps.layers`: a picture takes
it from there and has no figures of its own.
"""

from geodemand.maps.pictures.asked import HEAT, KINDS, Asked, chosen
from geodemand.maps.pictures.output import Words, pdf, png, svg
from geodemand.maps.pictures.plates import Plate

__all__ = ["HEAT", "KINDS", "Asked", "Plate", "Words", "chosen", "pdf", "png", "svg"]
