"""A company's handbook of eight short pages, for the tests to ask."""

PAGES = {
    "leave.md": (
        "Annual leave",
        """Everyone who works full time gets **27 days** of paid annual leave a year.
The leave year starts on 1 January.

## Carrying days over

You may carry over up to 5 days to the next year. Use them by 31 March; after that they are lost.
We do not pay for days that you did not take.

## Other time off

| Reason | Paid days |
|---|---|
| Moving house | 1 a year |
| Your own wedding | 3 |
| Death of a parent | 10 |
""",
    ),
    "wifi.md": (
        "Wi-Fi and visitors",
        """The guest Wi-Fi password is on the screen at reception. See [the network page](https://elsewhere.example/net).

## Visitors

To bring a visitor:

- Register the visitor in Rota one day ahead.
- Collect an orange badge at reception.
- Walk with the visitor at all times.
""",
    ),
    "expenses.md": (
        "Expenses",
        """Hand in receipts within 60 days of the purchase. Ms. Brennan approves claims above £500, e.g. for a laptop.

## Hotels

The limit for a hotel in London is £185 a night. Elsewhere it is £120 a night.
""",
    ),
    "deploys.md": (
        "Deploys",
        """Ship on weekdays before 16:00. To roll back the last release, run:

```
lore-deploy rollback canopy
```

Tell #releases afterwards.
""",
    ),
    "sick.md": (
        "Sick leave",
        "Message your manager before 09:30 on the first day. From the 8th day a doctor's note is needed.",
    ),
    "parking.md": (
        "Parking",
        "There are 12 parking spaces behind the building. Reserve a space in Rota at most 7 days ahead.",
    ),
    "secret-pay.md": ("Salary bands", "The salary band of a senior engineer goes from £61,000 to £74,000 a year."),
    "remote.md": (
        "Working from abroad",
        "You may work from another country for up to 30 days in any 12 months. You must not take a work laptop to a "
        "country outside the list.",
    ),
}
