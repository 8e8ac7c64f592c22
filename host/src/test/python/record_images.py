"""Small pictures of every kind that a file can hold, and what Pillow reads from them.

    pip install pillow==13.0.0
    python record_pictures.py ../resources/pictures.json

Writes each picture's file, its width, its height and the bytes of ImageOps.exif_transpose(Image.open(file)).convert("RGB"), in base64; no more than
the file where Pillow refuses it. Most are put together here byte by byte, as Pillow writes few of the kinds.
"""
import base64
import io
import json
import pathlib
import random
import struct
import sys
import zlib

from PIL import Image, ImageCms, ImageOps

WIDTH, HEIGHT = 21, 13
RANDOM = random.Random(14)
FILES = {}


def photo(width=WIDTH, height=HEIGHT):
    """Slopes, an edge and a spot: what a JPEG bears well, and no symmetry."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (12 * x % 256, 19 * y % 256, (200 if x > 2 * y else 40) + x))
    image.putpixel((2, 3), (255, 0, 255))
    return image


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def noise(count, bits=8):
    return [RANDOM.randrange(1 << bits) for _ in range(count)]


# ---- EXIF and XMP ----

def exif(orientation, order="<", kind=3, extra=True):
    """A TIFF header and one directory; kind 3 is SHORT, 4 LONG."""
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *([orientation, 0] if kind == 3 else [orientation]))
    entries = [struct.pack(order + "HHI", 0x0112, kind, 1) + value]
    if extra:  # the camera's name before it, the unit of the resolution behind it
        entries.insert(0, struct.pack(order + "HHI4s", 0x010F, 2, 4, b"abc\0"))
        entries.append(struct.pack(order + "HHIHH", 0x0128, 3, 1, 2, 0))
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return head + struct.pack(order + "H", len(entries)) + b"".join(entries) + struct.pack(order + "I", 0)


def xmp(orientation, as_element=False):
    inner = f"><tiff:Orientation>{orientation}</tiff:Orientation></rdf:Description>" if as_element else f' tiff:Orientation="{orientation}"/>'
    return ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"' + inner + "</rdf:RDF></x:xmpmeta>").encode()


# ---- JPEG ----

def segments(jpeg):
    """[(marker, payload)] up to the scan, and the rest."""
    at, found = 2, []
    while True:
        marker = jpeg[at + 1]
        if marker == 0xDA:
            return found, jpeg[at:]
        length = struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        found.append((marker, jpeg[at + 4:at + 2 + length]))
        at += 2 + length


def joined(found, rest):
    return b"\xff\xd8" + b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload for marker, payload in found) + rest


def with_segment(jpeg, marker, payload, first=False):
    found, rest = segments(jpeg)
    found.insert(0 if first else 1, (marker, payload))
    return joined(found, rest)


def without(jpeg, *markers):
    found, rest = segments(jpeg)
    return joined([one for one in found if one[0] not in markers], rest)


def renamed(jpeg, ids):
    """Other names for the components, in the frame's header and the scan's."""
    found, rest = segments(jpeg)
    names = {}
    changed = []
    for marker, payload in found:
        if marker in (0xC0, 0xC2):
            payload = bytearray(payload)
            for i, name in enumerate(ids):
                names[payload[6 + 3 * i]] = name
                payload[6 + 3 * i] = name
        changed.append((marker, bytes(payload)))
    rest = bytearray(rest)
    for i in range(rest[4]):
        rest[5 + 2 * i] = names[rest[5 + 2 * i]]
    return joined(changed, bytes(rest))


ADOBE = b"Adobe\0\x64\0\0\0\0"


def profile():
    """A wide space of colours: red and green change places, so that nobody overlooks it."""
    space = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {}
    for i in range(struct.unpack(">I", space[128:132])[0]):
        at = 132 + 12 * i
        tags[bytes(space[at:at + 4])] = at
    space[tags[b"rXYZ"]:tags[b"rXYZ"] + 4], space[tags[b"gXYZ"]:tags[b"gXYZ"] + 4] = b"gXYZ", b"rXYZ"
    return bytes(space)


def jpegs():
    base = photo()
    for subsampling, name in ((0, "444"), (1, "422"), (2, "420")):
        FILES[f"ycc-{name}.jpg"] = saved(base, "JPEG", quality=90, subsampling=subsampling)
    FILES["ycc-progressive.jpg"] = saved(base, "JPEG", quality=85, progressive=True)
    FILES["ycc-restart.jpg"] = saved(base, "JPEG", quality=85, restart_marker_blocks=1)
    FILES["ycc-profile.jpg"] = saved(base, "JPEG", quality=90, icc_profile=profile())
    FILES["grey.jpg"] = saved(base.convert("L"), "JPEG", quality=90)
    FILES["grey-profile.jpg"] = with_segment(FILES["grey.jpg"], 0xE2, b"ICC_PROFILE\0\1\1" + profile())
    rgb = saved(base, "JPEG", quality=90, keep_rgb=True)
    FILES["rgb-adobe.jpg"] = rgb
    FILES["rgb-names.jpg"] = renamed(without(rgb, 0xE0, 0xEE), b"RGB")
    ycc = FILES["ycc-444.jpg"]
    FILES["ycc-plain.jpg"] = without(ycc, 0xE0)
    FILES["ycc-odd-names.jpg"] = renamed(without(FILES["ycc-420.jpg"], 0xE0), b"\0\1\2")
    FILES["ycc-odd-names-444.jpg"] = renamed(without(ycc, 0xE0), b"\0\1\2")
    FILES["ycc-alpha-names.jpg"] = renamed(without(FILES["ycc-444.jpg"], 0xE0), b"YCc")
    FILES["ycc-adobe.jpg"] = with_segment(without(ycc, 0xE0), 0xEE, ADOBE + b"\1", first=True)
    FILES["ycc-adobe-unknown.jpg"] = with_segment(without(ycc, 0xE0), 0xEE, ADOBE + b"\7", first=True)
    FILES["ycc-jfif-and-adobe-rgb.jpg"] = with_segment(ycc, 0xEE, ADOBE + b"\0")
    cmyk = Image.merge("CMYK", [*ImageOps.invert(base).split(), base.convert("L").point(lambda v: v // 3)])
    FILES["cmyk-adobe.jpg"] = saved(cmyk, "JPEG", quality=92)
    FILES["cmyk-plain.jpg"] = without(FILES["cmyk-adobe.jpg"], 0xEE)
    found, rest = segments(FILES["cmyk-adobe.jpg"])
    FILES["ycck.jpg"] = joined([(marker, payload[:11] + b"\2" if marker == 0xEE else payload) for marker, payload in found], rest)
    FILES["cmyk-turned.jpg"] = with_segment(FILES["cmyk-adobe.jpg"], 0xE1, b"Exif\0\0" + exif(6), first=True)
    FILES["ycc-440.jpg"] = upright_440(base)


def upright_440(base):
    """Half as many differences of colour in a column, not in a row: 4:2:2 with other factors, of one colour, so that nothing else changes."""
    jpeg = saved(Image.new("RGB", base.size, (200, 60, 30)), "JPEG", quality=90, subsampling=1)
    found, rest = segments(jpeg)
    return joined([(marker, payload[:7] + b"\x12" + payload[8:] if marker == 0xC0 else payload) for marker, payload in found], rest)


def turned():
    base = photo()
    for orientation in range(1, 9):
        order = "<>"[orientation % 2]
        FILES[f"turned-{orientation}.jpg"] = with_segment(saved(base, "JPEG", quality=90, subsampling=0), 0xE1, b"Exif\0\0" + exif(orientation, order))
        FILES[f"turned-{orientation}.png"] = png(8, 2, [list(row) for row in rows(base)], [("eXIf", exif(orientation, order, 3 + orientation % 2))])
        FILES[f"turned-{orientation}.tif"] = tiff(order, 2, 8, [list(row) for row in rows(base)], orientation=orientation)
    plain = saved(base, "JPEG", quality=90, subsampling=0)
    for orientation in (0, 9, 65535):
        FILES[f"turned-{orientation}.jpg"] = with_segment(plain, 0xE1, b"Exif\0\0" + exif(orientation))
    XAP = b"http://ns.adobe.com/xap/1.0/\0"
    FILES["turned-xmp.jpg"] = with_segment(plain, 0xE1, XAP + xmp(8))
    FILES["turned-xmp-element.jpg"] = with_segment(plain, 0xE1, XAP + xmp(3, True))
    FILES["turned-exif-and-xmp.jpg"] = with_segment(with_segment(plain, 0xE1, XAP + xmp(3)), 0xE1, b"Exif\0\0" + exif(6))
    FILES["turned-exif-without-and-xmp.jpg"] = with_segment(with_segment(plain, 0xE1, XAP + xmp(6)), 0xE1, b"Exif\0\0" + exif(6)[:8] + b"\0\0\0\0\0\0")
    FILES["turned-exif-behind.png"] = png(8, 2, [list(row) for row in rows(base)], behind=[("eXIf", exif(6))])
    FILES["turned-exif-prefixed.png"] = png(8, 2, [list(row) for row in rows(base)], [("eXIf", b"Exif\0\0" + exif(6))])
    FILES["turned-xmp.png"] = png(8, 2, [list(row) for row in rows(base)], [("iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6))])
    FILES["turned-xmp-packed.png"] = png(8, 2, [list(row) for row in rows(base)], [("iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(5)))])
    raw = b"Exif\0\0" + exif(8)
    text = b"\nexif\n%8d\n" % len(raw) + raw.hex().encode() + b"\n"
    FILES["turned-raw-profile.png"] = png(8, 2, [list(row) for row in rows(base)], [("zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))])
    FILES["turned-raw-profile-text.png"] = png(8, 2, [list(row) for row in rows(base)], [("tEXt", b"Raw profile type exif\0" + text)])
    FILES["turned-exif-damaged.jpg"] = with_segment(plain, 0xE1, b"Exif\0\0" + exif(6)[:20])
    FILES["turned-exif-of-nothing.jpg"] = with_segment(plain, 0xE1, b"Exif\0\0")
    FILES["turned-xmp.tif"] = tiff("<", 2, 8, [list(row) for row in rows(base)], tags=[(700, 1, xmp(6))])
    FILES["turned-xmp.gif"] = gif([(0, 0, WIDTH, HEIGHT, noise(WIDTH * HEIGHT, 4), None, False, None)], application=xmp(6))


def rows(image):
    data = image.tobytes()
    width = len(data) // image.height
    return [data[y * width:(y + 1) * width] for y in range(image.height)]


# ---- PNG ----

def png(bits, colour, lines, before=(), behind=(), interlaced=False, width=WIDTH):
    """lines: samples, one list a row."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]

    def packed(line):
        if bits == 16:
            return struct.pack(f">{len(line)}H", *line)
        if bits == 8:
            return bytes(line)
        number = 0
        for value in line:
            number = number << bits | value
        spare = -len(line) * bits % 8
        return (number << spare).to_bytes((len(line) * bits + 7) // 8, "big")

    def passes():
        if not interlaced:
            yield lines
            return
        for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
            chosen = [[v for x in range(x0, width, dx) for v in line[x * channels:(x + 1) * channels]] for line in lines[y0::dy]]
            if chosen and chosen[0]:
                yield chosen

    def chunk(name, data):
        name = name.encode()
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    data = zlib.compress(b"".join(b"\0" + packed(line) for one in passes() for line in one))
    return (b"\x89PNG\r\n\x1a\n" + chunk("IHDR", struct.pack(">IIBBBBB", width, len(lines), bits, colour, 0, 0, int(interlaced)))
            + b"".join(chunk(*one) for one in before) + chunk("IDAT", data) + b"".join(chunk(*one) for one in behind) + chunk("IEND", b""))


def pngs():
    def lines(channels, bits):
        return [noise(WIDTH * channels, bits) for _ in range(HEIGHT)]

    for bits in (1, 2, 4, 8, 16):
        FILES[f"grey-{bits}.png"] = png(bits, 0, lines(1, bits))
    FILES["grey-16-small.png"] = png(16, 0, [[value % 400 for value in line] for line in lines(1, 16)])
    for bits in (1, 2, 4, 8):
        palette = bytes(noise(3 << bits))
        FILES[f"palette-{bits}.png"] = png(bits, 3, lines(1, bits), [("PLTE", palette)])
        FILES[f"palette-{bits}-alpha.png"] = png(bits, 3, lines(1, bits), [("PLTE", palette), ("tRNS", bytes(noise(1 << bits)))])
    FILES["palette-short.png"] = png(8, 3, [[value % 5 for value in line] for line in lines(1, 8)], [("PLTE", bytes(noise(15))), ("tRNS", b"\0\x80")])
    FILES["palette-grey.png"] = png(8, 3, lines(1, 8), [("PLTE", bytes(255 - i // 3 for i in range(768)))])
    for bits in (8, 16):
        for colour, name, channels in ((2, "rgb", 3), (4, "grey-alpha", 2), (6, "rgba", 4)):
            FILES[f"{name}-{bits}.png"] = png(bits, colour, lines(channels, bits))
            FILES[f"{name}-{bits}-interlaced.png"] = png(bits, colour, lines(channels, bits), interlaced=True)
    FILES["grey-4-interlaced.png"] = png(4, 0, lines(1, 4), interlaced=True)
    FILES["palette-4-interlaced.png"] = png(4, 3, lines(1, 4), [("PLTE", bytes(noise(48)))], interlaced=True)
    FILES["rgb-8-key.png"] = png(8, 2, lines(3, 8), [("tRNS", struct.pack(">HHH", 1, 2, 3))])
    FILES["rgb-16-key.png"] = png(16, 2, lines(3, 16), [("tRNS", struct.pack(">HHH", 1, 2, 3))])
    FILES["grey-8-key.png"] = png(8, 0, lines(1, 8), [("tRNS", struct.pack(">H", 7))])
    FILES["grey-2-key.png"] = png(2, 0, lines(1, 2), [("tRNS", struct.pack(">H", 2))])
    FILES["grey-16-key.png"] = png(16, 0, lines(1, 16), [("tRNS", struct.pack(">H", 700))])
    FILES["rgb-8-gamma.png"] = png(8, 2, lines(3, 8), [("gAMA", struct.pack(">I", 100000))])
    FILES["grey-8-gamma.png"] = png(8, 0, lines(1, 8), [("gAMA", struct.pack(">I", 100000))])
    FILES["rgb-8-profile.png"] = png(8, 2, lines(3, 8), [("iCCP", b"odd\0\0" + zlib.compress(profile()))])
    FILES["rgb-8-animated.png"] = png(8, 2, lines(3, 8), [("acTL", struct.pack(">II", 2, 0)), ("fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))],
                                      [("fcTL", struct.pack(">IIIIIHHBB", 1, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)),
                                       ("fdAT", struct.pack(">I", 2) + zlib.compress(b"\0" * (HEIGHT * (1 + 3 * WIDTH))))])


# ---- GIF ----

def gif(frames, screen=(WIDTH, HEIGHT), palette=None, background=0, application=None):
    """frames: (x, y, width, height, pixels, palette, interlaced, transparent); pixels below 16."""
    out = io.BytesIO()
    palette = bytes(noise(48)) if palette is None else palette
    out.write(b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80 | 3 if palette else 0, background, 0) + palette)
    if application:
        out.write(b"\x21\xff\x0bXMP DataXMP" + application + bytes([1, *range(255, -1, -1), 0]))
    for x, y, width, height, pixels, own, interlaced, transparent in frames:
        if transparent is not None or len(frames) > 1:
            out.write(b"\x21\xf9\4" + struct.pack("<BHBB", 4 | (transparent is not None), 5, transparent or 0, 0))
        out.write(b"," + struct.pack("<HHHHB", x, y, width, height, (0x80 | 3 if own else 0) | (0x40 if interlaced else 0)) + (own or b""))
        lines = [pixels[i * width:(i + 1) * width] for i in range(height)]
        if interlaced:
            lines = lines[0::8] + lines[4::8] + lines[2::4] + lines[1::2]
        number, bits, used = 0, 0, 0  # five bits a code, cleared before the table grows into six
        codes = []
        for i, value in enumerate(value for line in lines for value in line):
            codes += ([16] if i % 14 == 0 else []) + [value]
        codes.append(17)
        for code in codes:
            number |= code << bits
            bits += 5
        data = number.to_bytes((bits + 7) // 8, "little")
        out.write(b"\4" + b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255)) + b"\0")
    out.write(b";")
    return out.getvalue()


def gifs():
    def pixels(width=WIDTH, height=HEIGHT):
        return noise(width * height, 4)

    FILES["plain.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), None, False, None)])
    FILES["interlaced.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), None, True, None)])
    FILES["own-palette.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), bytes(noise(48)), False, None)])
    FILES["transparent.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), None, False, 5)])
    FILES["animated.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), None, False, 3), (2, 1, 5, 4, pixels(5, 4), None, False, 3)])
    FILES["smaller-than-screen.gif"] = gif([(3, 2, 9, 7, pixels(9, 7), None, False, None)], background=6)
    FILES["smaller-than-screen-own-palette.gif"] = gif([(3, 2, 9, 7, pixels(9, 7), bytes(noise(48)), False, None)], background=6)
    FILES["smaller-than-screen-transparent.gif"] = gif([(3, 2, 9, 7, pixels(9, 7), None, False, 5)], background=6)
    FILES["larger-than-screen.gif"] = gif([(4, 3, WIDTH, HEIGHT, pixels(), None, False, None)])
    FILES["without-palette.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), None, False, None)], palette=b"")
    FILES["grey-palette.gif"] = gif([(0, 0, WIDTH, HEIGHT, pixels(), None, False, None)], palette=bytes(i // 3 for i in range(48)))


# ---- BMP ----

def bmp(bits, lines, palette=b"", compression=0, masks=b"", top_down=False, data=None, width=WIDTH, height=HEIGHT, header=40):
    if data is None:
        data = b"".join(line + b"\0" * (-len(line) % 4) for line in (lines if top_down else reversed(lines)))
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression, len(data), 2835, 2835, len(palette) // 4, 0) + masks
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


def bmps():
    def palette(count, size=4):
        return b"".join(bytes(noise(3)) + b"\0" * (size - 3) for _ in range(count))

    FILES["1.bmp"] = bmp(1, [bytes(noise(3)) for _ in range(HEIGHT)], palette(2))
    FILES["4.bmp"] = bmp(4, [bytes(noise(11)) for _ in range(HEIGHT)], palette(16))
    FILES["8.bmp"] = bmp(8, [bytes(noise(WIDTH)) for _ in range(HEIGHT)], palette(256))
    FILES["8-grey.bmp"] = bmp(8, [bytes(noise(WIDTH)) for _ in range(HEIGHT)], b"".join(bytes([i, i, i, 0]) for i in range(256)))
    FILES["8-short.bmp"] = bmp(8, [bytes(v % 9 for v in noise(WIDTH)) for _ in range(HEIGHT)], palette(9))
    FILES["8-os2.bmp"] = bmp(8, [bytes(noise(WIDTH)) for _ in range(HEIGHT)], palette(256, 3), header=12)
    FILES["16.bmp"] = bmp(16, [bytes(noise(2 * WIDTH)) for _ in range(HEIGHT)])
    FILES["16-565.bmp"] = bmp(16, [bytes(noise(2 * WIDTH)) for _ in range(HEIGHT)], compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    FILES["24.bmp"] = bmp(24, [bytes(noise(3 * WIDTH)) for _ in range(HEIGHT)])
    FILES["24-top-down.bmp"] = bmp(24, [bytes(noise(3 * WIDTH)) for _ in range(HEIGHT)], top_down=True)
    FILES["24-os2.bmp"] = bmp(24, [bytes(noise(3 * WIDTH)) for _ in range(HEIGHT)], header=12)
    FILES["32.bmp"] = bmp(32, [bytes(noise(4 * WIDTH)) for _ in range(HEIGHT)])
    FILES["32-masks.bmp"] = bmp(32, [bytes(noise(4 * WIDTH)) for _ in range(HEIGHT)], compression=3, masks=struct.pack("<III", 0xFF, 0xFF00, 0xFF0000))
    FILES["32-v4.bmp"] = bmp(32, [bytes(noise(4 * WIDTH)) for _ in range(HEIGHT)], compression=3, header=108,
                             masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + b"\0" * 48)
    runs = b"".join(b"\5\7\3\2" + b"\0\5\1\2\3\4\5\0" + b"\x08\x09" + b"\0\0" for _ in range(HEIGHT)) + b"\0\1"
    FILES["8-runs.bmp"] = bmp(8, [], palette(256), compression=1, data=runs)
    runs = b"\x15\x01\0\0\0\2\3\2" + b"\x05\x04\0\1"
    FILES["8-runs-with-gaps.bmp"] = bmp(8, [], palette(256), compression=1, data=runs)
    runs = b"".join(b"\5\x7a\3\x21" + b"\0\5\x12\x34\x50\0" + b"\x08\x9b" + b"\0\0" for _ in range(HEIGHT)) + b"\0\1"
    FILES["4-runs.bmp"] = bmp(4, [], palette(16), compression=2, data=runs)


# ---- TIFF ----

def tiff(order, photometric, bits, lines, channels=3, orientation=None, extra=(), planar=False, colours=None, format=None, tags=(), fill=1, width=WIDTH,
         rows_a_strip=5):
    """lines: samples, one list a row; strips of five rows, not compressed."""
    def packed(line):
        if bits == 16:
            return struct.pack(order + f"{len(line)}H", *line)
        if bits == 32:
            return struct.pack(order + f"{len(line)}" + ("f" if format == 3 else "I"), *line)
        if bits == 8:
            return bytes(line)
        number = 0
        for value in line:
            number = number << bits | value
        spare = -len(line) * bits % 8
        return (number << spare).to_bytes((len(line) * bits + 7) // 8, "big")

    planes = [[line[c::channels] for line in lines] for c in range(channels)] if planar else [lines]
    strips = []
    for plane in planes:
        raw = [packed(line) for line in plane]
        if fill == 2:
            raw = [bytes(int(f"{b:08b}"[::-1], 2) for b in line) for line in raw]
        strips += [b"".join(raw[i:i + rows_a_strip]) for i in range(0, len(raw), rows_a_strip)]
    offsets, at = [], 8
    for strip in strips:
        offsets.append(at)
        at += len(strip) + len(strip) % 2
    entries = [(256, 3, [width]), (257, 3, [len(lines)]), (258, 3, [bits] * channels), (259, 3, [1]), (262, 3, [photometric]), (266, 3, [fill]),
               (273, 4, offsets), (277, 3, [channels]), (278, 3, [rows_a_strip]), (279, 4, [len(s) for s in strips]), (284, 3, [2 if planar else 1])]
    if orientation is not None:
        entries.append((274, 3, [orientation]))
    if extra:
        entries.append((338, 3, list(extra)))
    if colours:
        entries.append((320, 3, colours))
    if format:
        entries.append((339, 3, [format] * channels))
    entries += tags
    entries.sort()
    directory, spill, start = b"", b"", at
    for tag, kind, values in entries:
        data = bytes(values) if kind in (1, 7) else struct.pack(order + f"{len(values)}" + {3: "H", 4: "I"}[kind], *values)
        count = len(values)
        if len(data) <= 4:
            directory += struct.pack(order + "HHI", tag, kind, count) + data.ljust(4, b"\0")
        else:
            directory += struct.pack(order + "HHII", tag, kind, count, start + 6 + 12 * len(entries) + len(spill))
            spill += data + b"\0" * (len(data) % 2)
    return ((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start) + b"".join(s + b"\0" * (len(s) % 2) for s in strips)
            + struct.pack(order + "H", len(entries)) + directory + struct.pack(order + "I", 0) + spill)


def tiffs():
    def lines(channels, bits=8):
        return [noise(WIDTH * channels, bits) for _ in range(HEIGHT)]

    for bits in (1, 2, 4, 8, 16):
        for photometric, name in ((0, "white-is-zero"), (1, "grey")):
            FILES[f"{name}-{bits}.tif"] = tiff("<", photometric, bits, lines(1, bits), 1)
    FILES["grey-16-big-endian.tif"] = tiff(">", 1, 16, lines(1, 16), 1)
    FILES["grey-1-filled-from-right.tif"] = tiff("<", 1, 1, lines(1, 1), 1, fill=2)
    FILES["grey-32.tif"] = tiff("<", 1, 32, [[v % 300 for v in line] for line in lines(1, 16)], 1)
    FILES["grey-float.tif"] = tiff("<", 1, 32, [[v * 1.3 - 20 for v in line] for line in lines(1, 8)], 1, format=3)
    FILES["grey-signed.tif"] = tiff("<", 1, 8, lines(1, 8), 1, format=2)
    FILES["grey-alpha-8.tif"] = tiff("<", 1, 8, lines(2), 2, extra=[2])
    FILES["grey-premultiplied-8.tif"] = tiff("<", 1, 8, lines(2), 2, extra=[1])
    for bits in (8, 16):
        for order, name in (("<", ""), (">", "-big-endian")):
            FILES[f"rgb-{bits}{name}.tif"] = tiff(order, 2, bits, lines(3, bits))
        planes = lines(3, bits)
        FILES[f"rgb-{bits}-planar.tif"] = tiff("<", 2, bits, planes, planar=True)
        FILES[f"rgb-{bits}-planar-twin.tif"] = tiff("<", 2, bits, planes)
        FILES[f"rgba-{bits}.tif"] = tiff("<", 2, bits, lines(4, bits), 4, extra=[2])
        FILES[f"rgba-{bits}-unsaid.tif"] = tiff("<", 2, bits, lines(4, bits), 4)
        FILES[f"rgba-{bits}-unspecified.tif"] = tiff("<", 2, bits, lines(4, bits), 4, extra=[0])
        FILES[f"rgba-{bits}-premultiplied.tif"] = tiff("<", 2, bits, lines(4, bits), 4, extra=[1])
        FILES[f"cmyk-{bits}.tif"] = tiff("<", 5, bits, lines(4, bits), 4)
    for bits in (1, 2, 4, 8):
        FILES[f"palette-{bits}.tif"] = tiff("<", 3, bits, lines(1, bits), 1, colours=noise(3 << bits, 16))
    FILES["palette-8-bytes.tif"] = tiff("<", 3, 8, lines(1), 1, colours=noise(768, 8))
    FILES["lab.tif"] = tiff("<", 8, 8, lines(3))
    FILES["ycc.tif"] = tiff("<", 6, 8, lines(3), tags=[(530, 3, [1, 1])])
    base = photo()
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        FILES[f"rgb-{compression}.tif"] = saved(base, "TIFF", compression=compression)
    FILES["rgb-predictor.tif"] = saved(base, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    for compression in ("group3", "group4", "tiff_ccitt"):
        FILES[f"black-{compression}.tif"] = saved(base.convert("1"), "TIFF", compression=compression)
    FILES["rgb-profile.tif"] = saved(base, "TIFF", icc_profile=profile())
    FILES["pages.tif"] = saved(base, "TIFF", save_all=True, append_images=[ImageOps.invert(base)])


def main():
    for make in (jpegs, turned, pngs, gifs, bmps, tiffs):
        make()
    recorded = {}
    for name, data in FILES.items():
        recorded[name] = {"file": base64.b64encode(data).decode()}
        try:
            # Pillow takes the bytes of planes of 16 bits for numbers of 8
            source = FILES["rgb-16-planar-twin.tif"] if name == "rgb-16-planar.tif" else data
            image = ImageOps.exif_transpose(Image.open(io.BytesIO(source))).convert("RGB")
        except (OSError, ValueError) as error:
            print(name, "is refused by Pillow:", error, file=sys.stderr)
            continue
        recorded[name] |= {"width": image.width, "height": image.height, "rgb": base64.b64encode(image.tobytes()).decode()}
    pathlib.Path(sys.argv[1]).write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in recorded.items()) + "\n}\n")


main()
