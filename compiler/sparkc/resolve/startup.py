"""How long a start takes, and how long one is given."""

SOURCE = "https://al-engr.com/minimax-m2.7-dual-spark.html"

# Two Sparks compiled for about 25 minutes at a first start and needed about 4 later; the limit leaves room for a slow
# disk and a larger model.
FIRST_START_S = 45 * 60
WARM_START_S = 4 * 60
