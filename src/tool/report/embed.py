"""embed.py STYLE SCRIPT... OUTPUT: writes the files as the C++ constants of assets.hpp."""
import base64
import hashlib
import pathlib
import sys

style, *scripts, output = map(pathlib.Path, sys.argv[1:])


def literal(content):
    # Lines, since compilers limit the length of one literal. Octal escapes end after three digits.
    lines = content.splitlines(keepends=True) or [b""]
    escaped = ("".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?'
                       else f"\\{byte:03o}" for byte in line) for line in lines)
    return "\n".join(f'    "{line}"' for line in escaped)


# The content of the element, from tag to tag.
inside = b"\n".join(each.read_bytes() for each in scripts)
digest = base64.b64encode(hashlib.sha256(inside).digest())
constants = {
    "page_style": style.read_bytes(),
    "page_script": inside,
    "page_script_hash": b"sha256-" + digest,
}
text = '#include "tool/report/assets.hpp"\n\nnamespace strata::tool::report {\n'
for name, content in constants.items():
    text += f"\nconst std::string_view {name}{{\n{literal(content)},\n    {len(content)}}};\n"
output.write_text(text + "\n}  // namespace strata::tool::report\n", encoding="ascii")
