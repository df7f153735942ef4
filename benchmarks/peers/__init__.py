"""What else does each job: scripts as an analyst would usually write them."""
