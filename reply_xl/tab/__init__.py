"""What happens between a click on the tab and the jobs: clicks, boxes, practice, help."""
