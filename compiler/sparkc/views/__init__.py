"""Ways of looking at a Plan that reports and targets share. They decide nothing."""
