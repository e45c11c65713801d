#!/bin/sh
if [ "$1" = --list ]; then echo '{"web": ["h1", "h2"]}'; else echo "{\"me\": \"$2\"}"; fi
