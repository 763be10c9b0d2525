"""What a person changes in how a song is sung: `song.sing.toml`, retakes of bars, and their splicing."""
