# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""Shows Strata's resources in gdb: `print memory`, and `strata tree memory` (docs/debuggers.md).

Nothing here calls a function of the program, so a core file serves as well as a process.
"""

import re

import gdb
import gdb.printing

# --- The members that are read: what is shown of each class --------------------------------------
#
# This table alone knows the members of the library by name. tests/debuggers compares what is shown
# with `strata::describe`, so that the table keeps up with the library.


class Layer:
    """How to show a class: its kind, its figures, its options and where its upstreams are.

    A figure is the path of a member, or a function of the object. Options are (name, path, default
    in the words of docs/reference.md, True if it is a count instead of bytes). An option without a
    path is not in the object.
    """

    def __init__(self, kind, figures=None, options=(), upstreams=None):
        self.kind = kind
        self.figures = figures or (lambda of: {})
        self.options = options
        self.upstreams = upstreams or (lambda of: [])


def paths(**members):
    return lambda of: {name: number(member(of, path)) for name, path in members.items()}


def pointer_at(path):
    return lambda of: [member(of, path)]


def options_at(prefix, *options):
    return tuple((name, prefix + name, *rest) for name, *rest in options)


CHUNKS = (("first_chunk", "1000"), ("growth", "1.5"), ("largest_chunk", "no limit"))


def pool_options(first_chunk, smallest_block):
    def most_blocks(of):
        growth = member(of, "chunks_.growth_")
        most = number(member(growth, "max_blocks"))
        fit = number(member(growth, "largest")) // smallest_block
        return "1048576" if most == fit else str(most)  # the default, as far as they fit

    return (("largest_block", "large_.largest_kept_", "1MiB"),
            ("max_blocks_per_chunk", most_blocks, "1048576"),
            ("first_chunk", "chunks_.growth_.first", first_chunk),
            ("largest_chunk", "chunks_.growth_.largest", "1MiB"),
            ("hardened", "hardened_", "false"),
            ("profile", None, "none"))


def arena_figures(of):
    figures = {"reserved": number(member(of, "reserved_bytes_")) +
                           view(member(of, "options_.initial_buffer"))[1]}
    current = member(of, "current_")
    begin = (view(member(of, "options_.initial_buffer"))[0] if int(current) == 0
             else chunk_begin(current))
    if begin is not None:
        used = number(member(of, "closed_bytes_")) + number(member(of, "position_")) + 1 - begin
        used %= 2**64  # the position of an arena without a chunk is -1
        figures["used"] = used
        figures["peak"] = max(number(member(of, "peak_bytes_")), used)
    return figures


def chunk_begin(chunk):
    """The header of a chunk is at its end. None if the library has no debug information."""
    if not chunk.type.target().fields():
        return None
    return int(chunk) + chunk.type.target().sizeof - number(member(chunk.dereference(), "size"))


def pool_figures(of):
    run_bytes = number(member(of, "run_bytes_"))
    blocks = number(member(of, "run_blocks_")) + number(member(of, "large_.count_"))
    grown = [number(each) for each in elements(member(of, "grown_"))]
    few, many, fresh = (array(member(of, name)) for name in ("few_", "many_", "fresh_"))
    carved = run_bytes
    free_bytes = 0
    walk = FreeBlocks(number(member(of, "links_.secret_")))
    ready = number(member(of, "ready_"))
    if ready > len(elements(few)):
        raise Unreadable("overwritten")
    for index in range(ready):
        size = size_of_class(index)
        never_used = 0
        if grown[index // 64] >> index % 64 & 1:
            never_used = int(fresh[index]["end"]) - int(fresh[index]["begin"])
        free = walk.count(int(few[index]["first"])) + walk.count_held(int(many[index]["top"]))
        carved -= never_used
        free_bytes += free * size
        blocks -= never_used // size + free
    large = member(of, "large_")
    figures = {
        "peak": max(number(member(of, "small_peak_bytes_")), carved) +
                number(member(large, "peak_bytes_")),
        "reserved": number(member(of, "chunks_.bytes_")) + number(member(large, "bytes_"))}
    if not walk.is_cut_off:
        figures["blocks"] = blocks
        figures["used"] = carved - free_bytes + number(member(large, "live_bytes_"))
    return figures


def size_of_class(index):
    return (index + 1) * 8 if index < 8 else (9 + (index & 7)) << ((index >> 3) + 2)


class FreeBlocks:
    """Counts the free blocks of a pool by their links, in all as many as gdb can follow soon."""

    MULTIPLIER = 0x9E3779B97F4A7C15
    INVERSE = pow(MULTIPLIER, -1, 1 << 64)
    DIVERTED = 1  # no list; the blocks are elsewhere

    def __init__(self, secret):
        self.secret = secret
        self.left = 100000

    @property
    def is_cut_off(self):
        return self.left <= 0

    def count(self, block):
        blocks = 0
        while block > self.DIVERTED and not self.is_cut_off:
            blocks += 1
            self.left -= 1
            block = self.decoded(word_at(block), block)
        return blocks

    def decoded(self, stored, at):
        if self.secret == 0:
            return stored
        mixed = int.from_bytes(stored.to_bytes(8, "little"), "big")
        return (mixed * self.INVERSE ^ self.secret ^ at << 8) & (1 << 64) - 1

    def count_held(self, holder):
        blocks = 0
        while holder != 0 and not self.is_cut_off:
            head = word_at(holder)
            blocks += 1 + (head & 7)
            self.left -= 1
            holder = head & ~7
        return blocks


def concurrent_pool_figures(of):
    return {"reserved": number(member(of, "chunks_.bytes_")) + number(member(of, "large_.bytes_"))}


def bounded_time_figures(of):
    live = number(member(of, "live_bytes_"))
    buffer = view(member(of, "options_.buffer"))
    return {"live": live, "blocks": number(member(of, "live_blocks_")), "used": live,
            "peak": max(number(member(of, "peak_bytes_")), live),
            "reserved": buffer[1] if buffer[0] else view(member(of, "memory_"))[1]}


def fixed_buffer_figures(of):
    return {**paths(live="live_bytes_", blocks="live_blocks_", used="used_bytes_",
                    peak="peak_bytes_")(of),
            "reserved": view(member(of, "buffer_"))[1]}


def page_figures(of):
    return paths(live="live_bytes_", blocks="live_blocks_", used="live_bytes_", peak="peak_bytes_",
                 reserved="reserved_bytes_")(of)


def limit_figures(of):
    return paths(live="bytes_.used_", blocks="blocks_.used_", used="bytes_.used_",
                 reserved="bytes_.used_")(of)


def debug_figures(of):
    return paths(live="state_.live_bytes", blocks="state_.live_blocks", used="state_.live_bytes",
                 peak="state_.peak_bytes", reserved="state_.held_bytes")(of)


def checking_figures(of):
    live = number(member(of, "live_bytes_"))
    blocks = number(leaves(member(of, "live_"))[-1])  # a std::map ends with its size
    return {"live": live, "blocks": blocks, "used": live,
            "peak": number(member(of, "peak_bytes_")), "reserved": live}


def stats_figures(of):
    tally = member(of, "tally_")
    live, blocks, peak = TALLIES[template_of(tally.type)][1](tally)
    live, peak = max(live, 0), max(peak, 0)
    return {"live": live, "blocks": max(blocks, 0), "used": live, "peak": peak, "reserved": live}


def plain_tally(of):
    read = lambda name: number(member(of, name))
    limit = read("limit_") + read("watched_by_")
    live = read("allocated_bytes_") - (limit - read("peak_bytes_"))
    peak = live if read("allocated_bytes_") > limit else read("peak_bytes_")
    return live, read("peak_blocks_") - read("blocks_to_peak_") - read("watched_by_"), peak


def atomic_tally(of):
    live = number(member(of, "live_bytes_"))
    return (live, number(member(of, "live_blocks_")),
            max(live, number(member(of, "peak_bytes_"))))


def sharded_tally(of):
    step = number(member(of, "step_bytes"))
    live = blocks = above = 0
    for shard in shards(of):
        read = lambda path: number(member(shard, path))
        in_shard = read("bytes.come") - read("bytes.gone")
        live += in_shard
        blocks += read("blocks.come") - read("blocks.gone")
        above += min(max(max(read("bytes.most"), in_shard) - read("bytes.told"), 0), step)
    peak = max(number(member(of, "peak_bytes_")), number(member(of, "live_bytes_")) + above, live)
    return live, blocks, peak


def shards(of):
    yield member(of, "first_")
    yield member(of, "common_")
    groups_type = gdb.lookup_type(name_of(of.type) + "::group").pointer()
    at = number(member(of, "groups_"))
    for _ in range(MOST_GROUPS):
        if at == 0:
            return
        group = gdb.Value(at).cast(groups_type).dereference()
        yield from elements(member(group, "shards"))
        at = int(member(group, "next"))
    raise Unreadable("overwritten")


MOST_GROUPS = 100000  # more is a list that has lost its end

TALLIES = {"strata::detail::plain_tally": ("single", plain_tally),
           "strata::detail::atomic_tally": ("relaxed", atomic_tally),
           "strata::detail::sharded_tally": ("sharded", sharded_tally)}


def counting_of(stats):
    tally = member(stats, "tally_").type
    word = TALLIES[template_of(tally)][0]
    is_sequential = word == "relaxed" and int(tally.strip_typedefs().template_argument(0)) == 5
    return "sequential" if is_sequential else word


def several(of):
    return pointers_by_index(member(of, "upstreams_.all_"))


def segregator_by(of):
    return str(member(of, "by_")).rpartition("::")[2]


def segregator_bounds(of):
    try:
        return ", ".join(exact_size(number(each)) for each in elements(member(of, "bounds_")))
    except (gdb.error, IndexError):
        return "none"


def buffer_size(of):
    return exact_size(view(member(of, "buffer_"))[1])


below = pointer_at("upstream_")

LAYERS = {
    "strata::heap_resource": Layer("heap"),
    "strata::page_resource": Layer(
        "pages", page_figures,
        options_at("options_.", ("reserve", "0"), ("huge", "none"), ("guard", "false"),
                   ("populate", "false"), ("keep", "0"))),
    "strata::fixed_buffer_resource": Layer(
        "fixed_buffer", fixed_buffer_figures, (("", buffer_size, "none"),)),
    "strata::arena_resource": Layer(
        "arena", arena_figures,
        options_at("options_.", *CHUNKS, ("reuse_last", "false"), ("profile", "none")), below),
    "strata::sized_arena": Layer(
        "arena", arena_figures,
        options_at("options_.", *CHUNKS, ("reuse_last", "false"), ("profile", "none")), below),
    "strata::concurrent_arena_resource": Layer(
        "concurrent_arena",
        lambda of: {"reserved": arena_figures(member(of, "shared_"))["reserved"]},
        (*options_at("shared_.options_.", ("first_chunk", "16KiB"), *CHUNKS[1:]),
         ("largest_slab", "largest_slab_", "64KiB")),
        pointer_at("upstream_.real_")),
    "strata::pool_resource": Layer(
        "pool", pool_figures, pool_options("1KiB", 8), pointer_at("chunks_.upstream_")),
    "strata::concurrent_pool_resource": Layer(
        "concurrent_pool", concurrent_pool_figures, pool_options("16KiB", 16),
        pointer_at("chunks_.upstream_")),
    "strata::bounded_time_resource": Layer(
        "bounded_time", bounded_time_figures, (("capacity", "options_.capacity", "none"),),
        lambda of: [] if view(member(of, "options_.buffer"))[0] else [member(of, "upstream_")]),
    "strata::debug_resource": Layer(
        "debug", debug_figures,
        options_at("state_.options.", ("fence", "16"), ("quarantine", "1MiB"),
                   ("stack_depth", "1", True), ("on_finding", "abort"), ("leaks", "true"),
                   ("at_exit", "false"), ("concurrent", "false"), ("one_thread", "false"),
                   ("guard", "none"), ("faults", "true"), ("fresh_fill", "205", True),
                   ("freed_fill", "none", True), ("fence_fill", "251", True)), below),
    "strata::fallback_resource": Layer("fallback", upstreams=several),
    "strata::limit_resource": Layer(
        "limit", limit_figures,
        (("bytes", "bytes_.limit_", "no limit"), ("blocks", "blocks_.limit_", "no limit", True)),
        below),
    "strata::retry_resource": Layer(
        "retry", options=options_at("options_.", ("attempts", "3", True)), upstreams=below),
    "strata::segregator_resource": Layer(
        "segregator", upstreams=several,
        options=(("by", segregator_by, "size"), ("", segregator_bounds, "none"))),
    "strata::stats_resource": Layer(
        "stats", stats_figures,
        (("on_destroy", "on_destroy_", "ignore"), ("counting", counting_of, "sharded")), below),
    "strata::synchronized_resource": Layer("synchronized", upstreams=below),
    "strata::trace_resource": Layer(
        "trace", upstreams=below,
        options=(("file", None, "none"), ("on_full", "on_full_", "report"),
                 ("stack_depth", None, "0", True))),
    "strata::from_boost": Layer("from_boost", upstreams=below),
    "strata::to_boost": Layer("to_boost", upstreams=below),
    "strata::checking_resource": Layer("checking", checking_figures),
    "strata::failing_resource": Layer("failing", upstreams=below),
    "strata::watched_resource": Layer("watched", upstreams=below),
    "strata::adaptor": Layer("adaptor", upstreams=below),
}


def top_of_stack(of):
    layers = member(of, "layers_")
    try:
        return member(layers, "top_").address
    except gdb.error:
        return member(layers, "upstream_")


def top_of_built(of):
    _, end, _ = pointers_of(member(of, "layers_"))
    return member((end - 1).dereference(), "layer_")


# Owners of a resource, and how to find the pointer to it.
OWNERS = {
    "strata::built_strategy": lambda of: member(of, "whole_"),
    "strata::shared_resource": lambda of: member(member(of, "layers_").dereference(), "whole_"),
}

# Several layers in one object, which is shown as the top one: a pointer to that.
WHOLES = {
    "strata::stack": top_of_stack,
    **OWNERS,
    "strata::detail::built_resource": top_of_built,
}

# Resources of the standard library and of Boost, by the classes that implement them.
OTHERS = {
    "newdel_res_t": "std::pmr::new_delete_resource()",
    "null_res_t": "std::pmr::null_memory_resource()",
}

# --- Reading members -----------------------------------------------------------------------------


class Unreadable(Exception):
    """Why an object cannot be shown; the text stands in its place, in angle brackets or plain."""

    def __init__(self, why, is_plain=False):
        super().__init__(why)
        self.is_plain = is_plain


def plain(value):
    """The object that a reference refers to."""
    code = value.type.strip_typedefs().code
    is_reference = code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF)
    return value.referenced_value() if is_reference else value


def member(value, path):
    for name in path.split("."):
        value = plain(value)
        if not value.type.strip_typedefs().fields():
            raise Unreadable(f"no debug information for {name_of(value.type)}")
        value = value[name]
    return plain(value)


def parts(value):
    """The base classes and members of an object."""
    fields = [field for field in value.type.strip_typedefs().fields()
              if hasattr(field, "bitpos") and not field.artificial]
    return [value[field] for field in fields if field.name or field.is_base_class]


def leaves(value):
    """The numbers and pointers in an object, in their order."""
    code = value.type.strip_typedefs().code
    if code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return [leaf for part in parts(value) for leaf in leaves(part)]
    return [value]


def number(value):
    """An integer, also of a class that holds one: std::atomic, and counters of the library."""
    [leaf] = leaves(value)
    return int(leaf)


def view(value):
    """The address and the length of a std::span or std::string_view."""
    begin = length = 0
    for leaf in leaves(value):
        if leaf.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
            begin = int(leaf)
        else:
            length = int(leaf)
    return begin, length


def array(value):
    """The built-in array in a std::array."""
    while value.type.strip_typedefs().code != gdb.TYPE_CODE_ARRAY:
        [value] = parts(value)
    return value


def elements(value):
    inner = array(value)
    first, last = inner.type.strip_typedefs().range()
    return [inner[index] for index in range(first, last + 1)]


def pointers_of(value):
    return [leaf for leaf in leaves(value)
            if leaf.type.strip_typedefs().code == gdb.TYPE_CODE_PTR]


def pointers_by_index(value):
    """The pointers in a std::tuple, in its order: each is in a class that has its index first."""
    found = {}

    def visit(part):
        for each in parts(part):
            if each.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
                found[int(part.type.strip_typedefs().template_argument(0))] = each
            else:
                visit(each)

    visit(value)
    return [found[index] for index in sorted(found)]


def memory(at, size):
    return bytes(gdb.selected_inferior().read_memory(at, size))


def word_at(at):
    return int.from_bytes(memory(at, 8), "little")


def name_of(type):
    plain_type = type.strip_typedefs().unqualified()
    return plain_type.name or str(plain_type)


def without_arguments(name):
    """`a<b<c>>::d` as `a::d`."""
    shorter = re.sub(r"<[^<>]*>", "", name)
    return name if shorter == name else without_arguments(shorter)


def template_of(type):
    return without_arguments(name_of(type))


# --- Classes of objects --------------------------------------------------------------------------

def class_at(at):
    """The name of the class of the object at this address, and where that object begins.

    By the symbol of its vtable, or else by its RTTI. Neither needs debug information of the base
    classes; the standard library has none. The name is None if there is no object."""
    try:
        vtable = word_at(at)
    except gdb.MemoryError:
        raise Unreadable(f"no memory at {at:#x}") from None
    symbol = gdb.execute(f"info symbol {vtable:#x}", to_string=True)
    found = re.match(r"vtable for (.*?) \+ \d+(?: in section .*)?$", symbol)
    try:
        name = found[1] if found else class_by_rtti(word_at(vtable - 8))
        to_top = int.from_bytes(memory(vtable - 16, 8), "little", signed=True)
    except (gdb.error, OverflowError):
        return None, at
    return name, at + to_top


def class_by_rtti(type_info):
    mangled = text_at(word_at(type_info + 8)).lstrip("*")
    text = gdb.execute(f"demangle -- _ZTS{mangled}", to_string=True)
    found = re.match(r"typeinfo name for (.*)$", text)
    return found and found[1]


def text_at(at):
    """Up to the end of the text, and at most 1,000 bytes."""
    text = b""
    while len(text) < 1000 and not text.endswith(b"\0"):
        text += memory(at + len(text), 1)
    return text.rstrip(b"\0").decode("ascii", "replace")


def object_at(pointer):
    """The object that a pointer to a resource points to, as its own class."""
    if int(pointer) == 0:
        raise Unreadable("null", is_plain=True)
    name, at = class_at(int(pointer))
    if name is None:
        raise Unreadable(f"no resource at {at:#x}: it is not constructed, or overwritten")
    if name in BASES:
        raise Unreadable(f"no resource at {at:#x}: it is destroyed, or not yet constructed")
    type = class_named(name, pointer.type.target())
    if type is None:
        if name.startswith("strata::"):
            raise Unreadable(f"{name} at {at:#x}: no debug information")
        raise Unreadable(other(name), is_plain=True)
    return value_at(at, type)


def value_at(at, type):
    """As the element of an array: gdb would itself look for the class of a single object, and warn
    if that has arguments that are numbers."""
    return gdb.Value(at).cast(type.array(0).pointer()).dereference()[0]


def class_named(name, declared):
    """A class by its name in a symbol; or else the declared one, if that may be the same."""
    for each in spellings(name):
        try:
            found = gdb.lookup_type(each)
        except gdb.error:
            continue
        if found.strip_typedefs().fields():
            return found
    is_same = template_of(declared) == without_arguments(name)
    return declared.unqualified() if is_same and declared.strip_typedefs().fields() else None


def spellings(name):
    """Debug information spells arguments of templates that are numbers in another way than symbols:
    gcc leaves out the suffix, clang names the enumerators."""
    for each in (name, with_enumerators(name)):
        yield each
        yield re.sub(r"(?<=\d)(u|l|ul)\b", "", each)


def with_enumerators(name):
    def enumerator(found):
        try:
            fields = gdb.lookup_type(found[1]).strip_typedefs().fields()
        except gdb.error:
            return found[0]
        return next((each.name for each in fields if each.enumval == int(found[2])), found[0])

    return re.sub(r"\(([\w:]+)\)(\d+)", enumerator, name)


def other(name):
    return next((text for part, text in OTHERS.items() if name.endswith(part)), name)


def layer_of(type):
    """The entry of a class in the table, or else of its first base class that is there."""
    found = LAYERS.get(template_of(type))
    if found is not None:
        return found
    stripped = type.strip_typedefs()
    if stripped.code != gdb.TYPE_CODE_STRUCT:
        return None
    bases = (field.type for field in stripped.fields() if field.is_base_class)
    return next(filter(None, (layer_of(base) for base in bases)), None)


DEEPEST = 64  # as strata::describe
LARGEST = 1 << 62  # no program has so many bytes


class Shown:
    """What is shown of a resource: of the top layer, if it is a whole of several."""

    def __init__(self, value):
        self.value = plain(value)
        for _ in range(DEEPEST):
            top_of = WHOLES.get(template_of(self.value.type))
            if top_of is None:
                break
            self.value = object_at(top_of(self.value))
        self.layer = layer_of(self.value.type)

    @staticmethod
    def behind(pointer):
        """The same for what a pointer points to."""
        return Shown(object_at(pointer))

    def title(self):
        own = template_of(self.value.type)
        is_ours = self.layer is not None and own.startswith("strata::")
        title = self.layer.kind if is_ours else other(name_of(self.value.type))
        label = self.label()
        return f'{title} "{label}"' if label else title

    def label(self):
        try:
            return label_text(self.value["label_"])
        except gdb.error:
            return ""

    def figures(self):
        figures = self.layer.figures(self.value) if self.layer else {}
        if any(not 0 <= amount <= LARGEST for amount in figures.values()):
            raise Unreadable("overwritten")
        return figures

    def options(self):
        """As in a strategy text: those that differ from their defaults."""
        texts = []
        for name, path, usual, *is_count in self.layer.options if self.layer else ():
            if path is not None:
                text = (path(self.value) if callable(path)
                        else option_text(member(self.value, path), bool(is_count)))
                if text != usual:
                    texts.append(f"{name}={text}" if name else text)
        return ", ".join(texts)

    def upstreams(self):
        return self.layer.upstreams(self.value) if self.layer else []


# --- Texts ---------------------------------------------------------------------------------------

AUTO = (1 << 64) - 2
LONGEST_PATH = 4096
UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def bytes_text(amount):
    """As strata::format_bytes."""
    if abs(amount) < 10 * 1024:
        return f"{amount} B"
    unit = 0
    amount /= 1024
    while abs(amount) >= 1023.95 and unit + 1 != len(UNITS):
        amount /= 1024
        unit += 1
    return f"{amount:.1f} {UNITS[unit]}"


def exact_size(amount):
    """As a strategy text."""
    unit = ""
    for each in UNITS[:4]:
        if amount == 0 or amount % 1024 != 0:
            break
        amount //= 1024
        unit = each
    return f"{amount}{unit}"


def label_text(label):
    text = bytes(number(each) & 255 for each in elements(label)).split(b"\0")[0]
    return "".join(c if c.isprintable() else "?" for c in text.decode("utf-8", "replace"))


def option_text(value, is_count):
    type = value.type.strip_typedefs()
    if type.code == gdb.TYPE_CODE_BOOL:
        return "true" if value else "false"
    if type.code == gdb.TYPE_CODE_FLT:
        return f"{float(value):g}"
    if type.code == gdb.TYPE_CODE_ENUM and name_of(type) != "std::byte":
        return str(value).rpartition("::")[2].rstrip("_")
    if type.code == gdb.TYPE_CODE_STRUCT and template_of(type) == "std::optional":
        *_, held, has_value = leaves(value)
        return option_text(held, is_count) if has_value else "none"
    if type.code == gdb.TYPE_CODE_STRUCT:
        begin, length = view(value)
        if length > LONGEST_PATH:
            raise Unreadable("overwritten")
        return memory(begin, length).decode("utf-8", "replace") if length else "none"
    amount = int(value)
    if amount == AUTO:
        return "auto"
    if amount >= 1 << 61:
        return "no limit"
    return str(amount) if is_count else exact_size(amount)


def figures_text(figures):
    """In words, without what follows from the live bytes."""
    words = []
    if "live" in figures:
        words.append(f"live {bytes_text(figures['live'])}")
    if "blocks" in figures:
        count = figures["blocks"]
        blocks = f"{count} block" + ("" if count == 1 else "s")
        words[-1:] = [f"{words[-1]} in {blocks}"] if words else [f"live {blocks}"]
    for name in ("used", "peak", "reserved"):
        if name in figures and (name == "peak" or figures[name] != figures.get("live")):
            words.append(f"{name} {bytes_text(figures[name])}")
    return ", ".join(words)


def safely(read):
    """The result of `read`, or the reason that there is none, in angle brackets."""
    try:
        return read()
    except Unreadable as why:
        return str(why) if why.is_plain else f"<{why}>"
    except (gdb.error, ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as why:
        return f"<unreadable: {why}>"


def line(shown):
    figures = safely(lambda: figures_text(shown.figures()))
    return shown.title() + (f": {figures}" if figures else "")


# --- The printers --------------------------------------------------------------------------------


class ResourcePrinter:
    """A line for the resource, and its options and upstreams below it."""

    def __init__(self, find):
        self.shown = safely(find)  # a text if there is no resource

    def to_string(self):
        return self.shown if isinstance(self.shown, str) else safely(lambda: line(self.shown))

    def children(self):
        if isinstance(self.shown, str) or self.shown.layer is None:
            return
        options = safely(self.shown.options)
        if options:
            yield "options", options
        upstreams = safely(self.shown.upstreams)
        if isinstance(upstreams, str):
            yield "upstream", upstreams
            return
        for index, each in enumerate(upstreams):
            name = "upstream" if len(upstreams) == 1 else f"upstream {index}"
            yield name, below_text(each)


def address_of(value):
    if value.address is None:
        raise Unreadable("not in memory")
    return value.address


def below_text(pointer):
    """What gdb shows below a layer: a part of the object that has a printer, or else a text.

    The part, because gdb refuses to show objects that are larger than its max-value-size."""
    found = safely(lambda: Shown.behind(pointer))
    if isinstance(found, str):
        return found
    return base_of(found.value.type, int(found.value.address)) or line(found)


def base_of(type, at):
    """The base class by which the printers know any resource; None if it has no such."""
    for field in type.strip_typedefs().fields():
        if field.is_base_class:
            base_at = at + field.bitpos // 8
            if template_of(field.type) in BASES:
                is_known = bool(field.type.strip_typedefs().fields())
                return value_at(base_at, field.type) if is_known else None
            found = base_of(field.type, base_at)
            if found is not None:
                return found
    return None


class TextPrinter:
    """A line for a value, by a function of it."""

    def __init__(self, value, text):
        self.value = value
        self.text = text

    def to_string(self):
        return safely(lambda: self.text(self.value))


def allocator_text(allocator):
    [resource] = leaves(allocator)
    return f"allocator on {safely(lambda: line(Shown.behind(resource)))}"


def layout_text(layout):
    return f"{number(layout['size'])} B aligned to {number(layout['alignment'])}"


def usage_text(usage):
    figures = {}
    for name in ("live_bytes", "live_blocks", "used_bytes", "peak_bytes", "reserved_bytes"):
        text = option_text(usage[name], True)
        if text != "none":
            figures["blocks" if name == "live_blocks" else name[:-len("_bytes")]] = int(text)
    return figures_text(figures) or "nothing known"


def stats_text(stats):
    return figures_text({"live": number(stats["live_bytes"]),
                         "blocks": number(stats["live_blocks"]),
                         "peak": number(stats["peak_bytes"])})


class StatsPrinter(TextPrinter):
    """The entries of histograms that are not 0 stand behind their sizes."""

    def children(self):
        for field in self.value.type.strip_typedefs().fields():
            if field.name in ("sizes", "alignments"):
                yield field.name, safely(lambda name=field.name: self.histogram(name))
            elif field.name not in ("live_bytes", "live_blocks", "peak_bytes"):
                yield field.name, self.value[field]

    def histogram(self, name):
        counts = [number(each) for each in elements(self.value[name])]
        entries = (f"{exact_size(1 << power)}: {count}"
                   for power, count in enumerate(counts) if count != 0)
        return "{" + ", ".join(entries) + "}"


VALUES = {
    "strata::layout": (TextPrinter, layout_text),
    "strata::allocation_stats": (StatsPrinter, stats_text),
    "strata::usage": (TextPrinter, usage_text),
    "strata::label": (TextPrinter, lambda label: f'"{label_text(label)}"'),
    "std::pmr::polymorphic_allocator": (TextPrinter, allocator_text),
}

# Only what points to one of these is known to be a resource.
BASES = ("std::pmr::memory_resource", "strata::resource",
         "boost::container::pmr::memory_resource")
SHOWN = (*BASES, *LAYERS, *WHOLES, "strata::detail::branched")


def printer_of(value):
    """gdb asks this of every value that it shows."""
    try:
        type = value.type.strip_typedefs()
        if type.code == gdb.TYPE_CODE_PTR:
            if template_of(type.target()) in BASES:
                return ResourcePrinter(lambda: Shown.behind(value))
            return None
        value = plain(value)
        name = template_of(value.type)
        if name in VALUES:
            printer, text = VALUES[name]
            return printer(value, text)
        if name in OWNERS:
            return ResourcePrinter(lambda: Shown.behind(OWNERS[name](value)))
        if name in SHOWN:
            return ResourcePrinter(lambda: Shown.behind(address_of(value)))
    except (gdb.error, Unreadable):
        pass
    return None


printer_of.name = "strata"
printer_of.enabled = True

# --- The command ---------------------------------------------------------------------------------


class StrataCommand(gdb.Command):
    """Commands for Strata's memory resources."""

    def __init__(self):
        super().__init__("strata", gdb.COMMAND_DATA, prefix=True)


class TreeCommand(gdb.Command):
    """Draws the tree of a resource, as strata::describe prints it.

Usage: strata tree EXPRESSION

The expression is a resource, or a pointer to one. Nothing of the program is called."""

    COLUMNS = ("live", "blocks", "used", "peak", "reserved")
    WIDTH = 11

    def __init__(self):
        super().__init__("strata tree", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("strata tree: expected a resource, or a pointer to one")
        try:
            value = plain(gdb.parse_and_eval(argument))
        except gdb.error as why:
            raise gdb.GdbError(f"strata tree: {why}") from None
        is_pointer = value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR
        pointer = value if is_pointer else value.address
        if pointer is None:
            raise gdb.GdbError(f"strata tree: expected a resource, or a pointer to one: {argument}")
        owner = template_of(pointer.type.strip_typedefs().target())
        if owner in OWNERS:
            pointer = OWNERS[owner](pointer.dereference())
        rows = list(self.rows(pointer, "", "", ()))
        width = max([len(title) for title, figures, _ in rows if figures is not None], default=0)
        if width != 0:  # else there is a message alone
            print(" " * width + "".join(each.rjust(self.WIDTH) for each in self.COLUMNS) +
                  ("  options" if any(options for _, _, options in rows) else ""))
        for title, figures, options in rows:
            cells = "" if figures is None else "".join(
                self.cell(figures, each).rjust(self.WIDTH) for each in self.COLUMNS)
            print((title.ljust(width) + cells + (f"  {options}" if options else "")).rstrip())

    @staticmethod
    def cell(figures, name):
        if name not in figures:
            return "-"
        return str(figures[name]) if name == "blocks" else bytes_text(figures[name])

    def rows(self, pointer, before, before_others, above):
        """The title, the figures and the options of each; no figures where something is wrong."""
        shown = safely(lambda: Shown.behind(pointer))
        if isinstance(shown, str):
            is_other = not shown.startswith("<")
            yield before + shown, {} if is_other else None, ""
            return
        at = int(shown.value.address)
        if at in above or len(above) == DEEPEST:
            yield f"{before}{shown.title()}, above", None, ""
            return
        figures = safely(shown.figures)
        if isinstance(figures, str):
            yield f"{before}{shown.title()} {figures}", None, ""
        else:
            yield before + shown.title(), figures, safely(shown.options)
        upstreams = safely(shown.upstreams)
        if isinstance(upstreams, str):
            yield f"{before_others}`- {upstreams}", None, ""
            return
        for index, each in enumerate(upstreams):
            is_last = index + 1 == len(upstreams)
            yield from self.rows(each, before_others + ("`- " if is_last else "|- "),
                                 before_others + ("   " if is_last else "|  "), (*above, at))


gdb.printing.register_pretty_printer(gdb.current_objfile(), printer_of, replace=True)
StrataCommand()
TreeCommand()
