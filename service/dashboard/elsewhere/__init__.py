"""Those who prove elsewhere who they are: the site's single sign-on, and EHRs that launch the dashboard."""
