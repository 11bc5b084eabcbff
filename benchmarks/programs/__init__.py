"""What ``safe_programs.py`` is made of: tables of ingredients, programs drawn from them, and a judge that runs both versions."""
