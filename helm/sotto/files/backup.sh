# Dumps the database into /backup and keeps the newest SOTTO_BACKUP_KEEP dumps. A dump has its name when it is complete.
umask 077
cd /backup
rm -f sotto-*.part
if [ -f /etc/sotto/database/password ]; then
  PGPASSWORD=$(cat /etc/sotto/database/password)
  export PGPASSWORD
fi
dump=sotto-$(date -u +%Y%m%dT%H%M%SZ).dump
pg_dump --dbname="$SOTTO_DATABASE_URL" --format=custom --file="$dump.part"
pg_restore --list "$dump.part" >/dev/null
mv "$dump.part" "$dump"
ls sotto-*.dump | sort -r | tail -n "+$((SOTTO_BACKUP_KEEP + 1))" | while read -r old; do rm -f "$old"; done
echo "$dump: $(stat -c %s "$dump") bytes"
