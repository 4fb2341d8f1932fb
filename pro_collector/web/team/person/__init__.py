"""The pages about one person, and a small page for each thing that the team does about them."""
