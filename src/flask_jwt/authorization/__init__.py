"""Who may reach a view: what protects each route, default deny, and what is open."""
