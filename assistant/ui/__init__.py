"""The web app: one module a page or concern. Only this package and app.py know Streamlit."""
