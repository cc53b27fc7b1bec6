"""The comparison as an SVG picture: plain shapes and text, for light and dark pages."""

WIDTH, PANEL, BAR = 760, 84, 20
STYLE = """<style>
text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; } .small { font-size: 12px; fill: #59636e; }
.swift { fill: #f05138; } .python { fill: #7d8da1; }
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc; } .small { fill: #9198a1; } }
</style>"""


def picture(figures):
    """`figures`: as compare.py measured them."""
    tls = figures["tls"]
    panels = [
        ("Cold start over TLS: exec to the answer to a first batch of 1,000 records", "ms", tls["cold"]),
        ("The same on a fourteenth of a processor (128 MB)", "ms", tls.get("cold, a fourteenth")),
        ("CPU for 10,000 records over TLS, gzip, after S3 has closed all connections", "ms", tls["closed"]),
        ("CPU for 10,000 records over TLS, gzip, connections open", "ms", tls["open"]),
        ("CPU for one record over TLS, gzip, connections open", "ms", tls["warm"][1]),
        ("CPU for 10,000 records over plain HTTP, gzip", "ms", figures["warm"]["gzip", 10_000]),
        ("Peak memory", "MiB", figures["memory"]),
    ]
    panels = [panel for panel in panels if panel[2]]  # without rights to make control groups there is no small share
    height = len(panels) * PANEL + 44
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" role="img">',
           "<title>This function compared with the usual Python function; shorter is better</title>", STYLE]
    for n, (title, unit, values) in enumerate(panels):
        top = n * PANEL + 20
        out.append(f'<text class="title" x="8" y="{top}">{title}</text>')
        for line, (name, label) in enumerate([("swift", "this function"), ("python", "Python, boto3")]):
            y = top + 8 + line * (BAR + 4)
            width = max(2, 480 * values[name] / max(values["swift"], values["python"]))
            note = f"{number(values[name])} {unit}"
            if name == "swift":
                times = values["python"] / values["swift"]
                note += f", {times:.0f} times less" if times >= 10 else f", {times:.1f} times less"
            out.append(f'<text class="small" x="8" y="{y + 15}">{label}</text>'
                       f'<rect class="{name}" x="110" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
                       f'<text x="{118 + width:.1f}" y="{y + 15}">{note}</text>')
    out.append(f'<text class="small" x="8" y="{height - 12}">Medians by ./build.sh bench, {figures["date"]}, '
               f'{escaped(figures["processor"])}; shorter is better</text>')
    return "\n".join(out) + "\n</svg>\n"


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")
