"""The lobby's pages. A view reads what came, asks `services`, and shows the answer; none of them blocks the loop."""
