from celery import Celery, group

app = Celery("tiles", broker=URL, backend=URL)
# A dead worker's tiles come back after so many seconds: an
# hour by default. Less than a tile takes, and it runs twice.
app.conf.broker_transport_options = {"visibility_timeout": 60}

@app.task(bind=True, acks_late=True)
def render_tile(self, column, row):
    ...  # half-way it can only be killed, with its process

tiles = group(render_tile.s(*tile) for tile in all_tiles())()
for tile in tiles.get():  # blocks: nothing else goes on here
    picture.add(tile)
