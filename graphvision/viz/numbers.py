"""Numbers as people read them."""

import math


def short(value: int | float | None) -> str:
    """Three digits and a unit prefix.

    Args:
        value: what to write; None where there is nothing.

    Returns:
        For example ``"61.7 k"``; a dash for None.

    Example:
        >>> short(61_706), short(0.5), short(None)
        ('61.7 k', '0.5', '–')
    """
    if value is None:
        return "–"
    for limit, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}"


def percent(score: dict[str, float | None]) -> str:
    """Mean and standard deviation in per cent.

    Args:
        score: ``mean`` and ``sd``, 0 … 1; no ``sd`` where there was one value.

    Returns:
        For example ``"87.0 ± 0.4"``.

    Example:
        >>> percent({"mean": 0.87, "sd": 0.0041})
        '87.0 ± 0.4'
    """
    mean = f"{100 * (score['mean'] or 0.0):.1f}"
    return mean if score["sd"] is None else f"{mean} ± {100 * score['sd']:.1f}"


def three_digits(score: dict[str, float | None]) -> str:
    """Mean and standard deviation of what is no share.

    Args:
        score: ``mean`` and ``sd`` in any unit; no ``sd`` where there was one value.

    Returns:
        The mean with three digits, and the deviation with as many decimals.

    Example:
        >>> three_digits({"mean": 0.81249, "sd": 0.01}), three_digits({"mean": 12.34, "sd": None})
        ('0.812 ± 0.010', '12.3')
    """
    mean = score["mean"] or 0.0
    decimals = min(max(0, 2 - math.floor(math.log10(abs(mean)))), 6) if mean else 2
    text = f"{mean:.{decimals}f}"
    return text if score["sd"] is None else f"{text} ± {score['sd']:.{decimals}f}"


def memory(count: int | None) -> str:
    """Bytes in mebibytes.

    Args:
        count: bytes; None where nobody knows.

    Returns:
        For example ``"12 MiB"``; a dash for None.

    Example:
        >>> memory(12 * 2**20)
        '12 MiB'
    """
    return "–" if count is None else f"{count / 2**20:.0f} MiB"


def duration(seconds: int | float | None) -> str:
    """Seconds with the unit that fits.

    Args:
        seconds: a time ≥ 0; None where nothing was timed.

    Returns:
        For example ``"12.3 s"``, ``"210 µs"``; a dash for None.

    Example:
        >>> duration(0.00021), duration(12.34), duration(None)
        ('210 µs', '12.3 s', '–')
    """
    if seconds is None:
        return "–"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"
