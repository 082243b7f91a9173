"""A company with two offices: everybody calls the one in Mill Lane "the docks", for the view, and no page does.

Each topic has a page for either office. Whoever asks about "the docks" gets the page of Harbour Road, until somebody
says that it is the wrong source.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Topic:
    """What both offices have a page on; `asked` are questions that the page of Mill Lane answers."""

    name: str
    title: str
    mill_lane: str
    harbour_road: str
    asked: tuple[str, ...]

    @property
    def right(self) -> str:
        """The id of the page of Mill Lane."""
        return f"mill-lane/{self.name}.md"

    @property
    def wrong(self) -> str:
        """The id of the page of Harbour Road."""
        return f"harbour-road/{self.name}.md"


TOPICS = (
    Topic(
        "parking",
        "Parking",
        "Cars are parked behind the brewery. A parking permit costs £4 a month; Joan hands them out.",
        "Cars are parked on level 3 of the garage. A parking permit costs £9 a month; ask Denzil for one.",
        ("How much is a parking permit at the docks?", "Where are cars parked at the docks?"),
    ),
    Topic(
        "keys",
        "Keys and doors",
        "The front door opens with a code, which changes every month. Keys for the cellar hang in Joan's room.",
        "The front door opens with a fob, which you get on your first day. A key for the roof is with Denzil.",
        ("What opens the front door at the docks?", "Who has the keys of the docks?"),
    ),
    Topic(
        "lunch",
        "Lunch",
        "Lunch is cooked on Tuesdays and Thursdays and served at 12:30. It costs £2; put your name on the list.",
        "Lunch is brought from the market every day and served at 13:00. You pay £3; vegetarians tell Morwenna.",
        ("When is lunch served at the docks?", "How much do I pay for lunch at the docks?"),
    ),
    Topic(
        "bicycles",
        "Bicycles",
        "Bicycles stand in the shed by the stream. Two electric ones can be borrowed; sign the book.",
        "Bicycles stand in the courtyard under the roof. An old tandem can be borrowed at weekends.",
        ("Where do bicycles stand at the docks?", "Can a bicycle be borrowed at the docks?"),
    ),
    Topic(
        "post",
        "Post and parcels",
        "Post is collected at 16:00. Parcels over 20 kg go by the carrier, who must be called a day before.",
        "Post is collected at 11:00 from the shelf by the lift. Large parcels are for Denzil to weigh.",
        ("When is the post collected at the docks?", "How are large parcels sent from the docks?"),
    ),
    Topic(
        "heating",
        "Heating",
        "The heating is a wood stove and starts in October. When a room is too cold, tell Bert, the caretaker.",
        "The heating has a thermostat in each room, from 17 to 22 degrees. When a room is too cold, ring 311.",
        ("Whom do I tell that a room at the docks is too cold?", "How does the heating work at the docks?"),
    ),
    Topic(
        "cleaning",
        "Cleaning",
        "Cleaners come on Monday and Wednesday evenings. Leave nothing on the floor; wash your own cups.",
        "Cleaners come each morning before seven. The dishwasher is emptied by a rota on the fridge.",
        ("When do the cleaners come to the docks?", "Who washes the cups at the docks?"),
    ),
    Topic(
        "printers",
        "Printers",
        "There is one printer, in the hall, called Inky. Printer paper is in the cupboard below it.",
        "There are three printers, one of them for posters up to A1. Printer paper comes up from the basement.",
        ("Where is the printer paper at the docks?", "How many printers are there at the docks?"),
    ),
    Topic(
        "showers",
        "Showers and lockers",
        "The shower is in the basement, and towels are not provided. Lockers are for those who run at noon.",
        "The showers are on the ground floor, and fresh towels lie there. Bring your own lock for a locker.",
        ("Where are the showers at the docks?", "Are there towels for the shower at the docks?"),
    ),
    Topic(
        "fire",
        "Fire drill",
        "When the fire bell rings, everybody meets in front of the church. The fire warden is Agnes Oyelaran.",
        "When the fire bell rings, everybody meets on the steps of the bank. The fire warden is Piers Trelawny.",
        ("Where do we meet when the fire bell rings at the docks?", "Who is the fire warden of the docks?"),
    ),
    Topic(
        "dogs",
        "Dogs",
        "Dogs are welcome on all days, on a lead. A bowl of water for dogs stands by the back door.",
        "Dogs are welcome on Fridays only, and never in the kitchen. Tell Morwenna the evening before.",
        ("On which days are dogs welcome at the docks?", "May dogs go into the kitchen at the docks?"),
    ),
    Topic(
        "alarm",
        "Burglar alarm",
        "Whoever leaves last sets the burglar alarm with the grey box by the stairs. After a false alarm, press reset.",
        "Whoever leaves last sets the burglar alarm in the app. After a false alarm, ring the guards on 0800.",
        ("Who sets the burglar alarm at the docks?", "What do I do after a false alarm at the docks?"),
    ),
)

OFFICIAL_NAME = (
    ("What does a parking permit cost in Harbour Road?", "parking"),
    ("At what time is lunch in Harbour Road?", "lunch"),
    ("Where do I put my bicycle in Harbour Road?", "bicycles"),
    ("When is post fetched from Harbour Road?", "post"),
    ("How warm can I make my room in Harbour Road?", "heating"),
    ("Which printer in Harbour Road prints posters?", "printers"),
    ("Do I need a towel for the shower in Harbour Road?", "showers"),
    ("Who is the fire warden in Harbour Road?", "fire"),
    ("Can I bring my dog to Harbour Road?", "dogs"),
    ("How is the alarm set in Harbour Road?", "alarm"),
)
"""Questions about the other office by its name, each with its topic: what they find is right."""


def write_pages(folder: Path) -> None:
    """Write both offices' pages as Markdown files, for a source to list."""
    for topic in TOPICS:
        for path, office, text in (
            (topic.right, "Mill Lane", topic.mill_lane),
            (topic.wrong, "Harbour Road", topic.harbour_road),
        ):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# {topic.title} in {office}\n\n{text}\n", encoding="utf-8")
