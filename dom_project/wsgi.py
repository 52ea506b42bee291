import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dom_project.settings")
application = get_wsgi_application()

gc.collect()
gc.freeze()  # what is loaded stays: no collection looks through it
