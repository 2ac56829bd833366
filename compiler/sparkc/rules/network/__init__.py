"""How nodes reach one another: ports, devices, addresses."""
