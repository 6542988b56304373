"""The window: Qt Widgets over the application layer. Nothing here touches a file or a tensor library."""
