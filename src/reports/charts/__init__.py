"""How are numbers drawn? One description of a chart, drawn by plotly for pages and by matplotlib for mail."""
