"""Makes whose names are known, so that `Neve 1073` splits into make and model without a guess.

A make that is not here is written `Acme / X1`; without the stroke all words are the model.
"""

from __future__ import annotations

MAKES: frozenset[str] = frozenset(
    name.casefold()
    for name in (
        "A-Designs", "AEA", "AKG", "Altec", "AMEK", "AMS Neve", "Antelope", "Aphex", "API",
        "Apogee", "Arturia", "Aston", "Audient", "Audio-Technica", "Audix", "Avalon", "Avantone",
        "BAE", "Behringer", "Beyerdynamic", "BeesNeez", "Blue", "Bock", "Brauner", "Bruel & Kjaer",
        "Brüel & Kjær", "Burl", "Cascade", "Chandler", "Chandler Limited", "Charter Oak", "Cloud",
        "Coles", "Countryman", "Cranesong", "Crane Song", "Crown", "Daking", "dbx", "Digico",
        "Digidesign", "DPA", "Drawmer", "Earthworks", "EAA", "Ear Trumpet Labs", "Electro-Voice",
        "Elysia", "Empirical Labs", "Ferrofish", "Fender", "Flea", "Focusrite", "FMR", "Forssell",
        "G.R.A.S.", "GRAS", "Gefell", "Golden Age", "Golden Age Project", "Grace", "Grace Design",
        "Great River", "Heritage Audio", "Helios", "Hardy", "Josephson", "John Hardy",
        "Klark Teknik", "Korg", "La Chapell", "Langevin", "Lauten", "Lewitt", "Lexicon",
        "Line Audio", "LOMO", "Lynx", "Mackie", "Manley", "Maselec", "Marantz", "Merging",
        "Metric Halo", "Microtech Gefell", "Midas", "Millennia", "Mojave", "Moog", "MOTU", "Nagra",
        "Neumann", "Neve", "Oktava", "Orban", "Pacific Microsonics", "Peluso", "Pearlman",
        "PreSonus", "Prism", "Prism Sound", "PMC", "Pultec", "Quad Eight", "Radial", "RCA", "Rode",
        "RØDE", "Retro", "RME", "Roland", "Royer", "Rupert Neve Designs", "Samar", "Sanken",
        "Schoeps", "Sennheiser", "Shure", "SE", "sE Electronics", "Slate", "Sontronics", "Sony",
        "Soundelux", "Sound Devices", "Soundcraft", "SPL", "SSL", "Solid State Logic", "Soyuz",
        "STC", "Studer", "Studio Projects", "Stager", "Summit", "T.H.E.", "Tascam", "Telefunken",
        "Thermionic Culture", "Townsend", "Toft", "Tonelux", "Trident", "True Systems", "Tube-Tech",
        "UREI", "Universal Audio", "UAD", "Upton", "Vintech", "Violet", "Wagner", "Warm Audio",
        "Wunder", "Yamaha", "Zaxcom", "Zoom",
    )
)  # fmt: skip
_LONGEST = max(len(name.split()) for name in MAKES)


def known_make(words: list[str]) -> int:
    """How many of the leading words are a known make; 0 when none is."""
    for count in range(min(_LONGEST, len(words)), 0, -1):
        if " ".join(words[:count]).casefold() in MAKES:
            return count
    return 0
