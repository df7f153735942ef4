"""What a page holds, one file a layer: each turns a release and a scene into plain data.

A layer is a function ``(release, scene, frame) -> dict | list | None``, listed in
`geodemand.maps.registry.LAYERS` under the name by which the page's script finds it. Nothing here
makes HTML or script: the page builds what is seen from the data.
"""
