"""Renders 3D specs: a minimal valid GLB, one triangle in a colour chosen by prompt and seed.

Layout: https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html#binary-gltf-layout
"""

import json
import struct

from tests.sandbox.simulators.media_spec import MediaSpec

FLOAT, ARRAY_BUFFER = 5126, 34962


def render_mesh(spec: MediaSpec) -> bytes:
    """A GLB container: header, JSON chunk, binary chunk."""
    positions = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    red, green, blue = (part / 255 for part in spec.fingerprint[:3])
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [red, green, blue, 1]}}],
        "buffers": [{"byteLength": len(positions)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(positions), "target": ARRAY_BUFFER}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": FLOAT,
                "count": 3,
                "type": "VEC3",
                "min": [0, 0, 0],
                "max": [1, 1, 0],
            }
        ],
    }
    text = json.dumps(scene, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(positions), b"BIN\0") + positions
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
