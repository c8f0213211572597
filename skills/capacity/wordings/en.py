"""English."""

EN = {
    "empty": "There is no usable value in it.",
    "nothing_measured": "No value was measured; check the query and the time.",
    "too_short": "Only {hours} hours of history: nothing can be said before there is one whole day.",
    "little_history": "Only {days} days of history: the band is very wide, and nothing is advised before four days.",
    "short_history": "Only {days} days of history instead of seven: the band is wider than usual.",
    "holes": "{hours} hours had no value (the longest hole: {longest} h); they were filled with the usual hour of day.",
    "not_numbers": "{points} values were not numbers and were left out.",
    "clock_back": "The times run backwards in places; the values were put in order.",
    "clock_jump": "The clock jumped by more than a month; {points} values before the jump were left out.",
    "in_future": "{points} values lie in the future and were left out.",
    "restarts": "The counter was reset {times} times; each time it was taken to begin at zero.",
    "stale": "The newest value is {hours} hours old.",
    "trending": "The week trends; most trends do not go on for three days, so the band is wider.",
    "constant": "The value has not changed for a week.",
    "beyond": "Beyond {days} days the path only goes on by its own trend.",
    "vetoed": "In last week's trial {model} was clearly better than the network, so it is used here.",
    "levelled": "The history before “{what}” was brought to the level after it.",
    "partial": "Prometheus did not answer for {missing} of {wanted} days ({why}); what came is used.",
    "cut": "{left} more are not shown; name one to see it.",
}
