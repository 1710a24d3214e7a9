-- What the import of ACLED files does, as one would write it for DuckDB alone and for one vintage: the same text read,
-- the same shapes checked, the same incidents written in the same order. There is no summary, no account of cells that
-- were not understood, and no word on how days are written. Memory and threads are those of the import. Python puts in
-- {path}, {out} and {stripped}: the columns that are read, each stripped.
SET memory_limit = '375MB';
SET threads = 1;

-- Stripping reads a whole text, so only cells that may need it are stripped.
CREATE MACRO stripped(cell) AS
    CASE WHEN cell < '!' OR suffix(cell, ' ') OR suffix(cell, chr(9)) OR suffix(cell, chr(10)) OR suffix(cell, chr(11))
              OR suffix(cell, chr(12)) OR suffix(cell, chr(13))
         THEN nullif(trim(cell, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)), '') ELSE cell END;
CREATE MACRO seen(cell) AS if(
    regexp_matches(cell, '[^\x00-\x7f]'),
    regexp_replace(cell, '^[\s\p{Z}\x{200b}-\x{200f}\x{2060}\x{feff}]+|[\s\p{Z}\x{200b}-\x{200f}\x{2060}\x{feff}]+$',
                   '', 'g'),
    cell);
CREATE MACRO on_one_line(cell) AS
    if(regexp_matches(cell, '[^\x{21}-\x{7e} ]|  '),
       nullif(trim(regexp_replace(regexp_replace(cell, '[\x{200b}-\x{200f}\x{2060}\x{feff}]+', '', 'g'),
                                  '[\x{01}-\x{20}\x{7f}-\x{9f}\p{Z}]+', ' ', 'g')), ''), cell);
CREATE MACRO count_of(cell) AS
    CASE WHEN regexp_matches(cell, '^-?\d{1,9}(\.0{1,2})?$') AND try_cast(cell AS DOUBLE) >= 0
         THEN try_cast(cell AS DOUBLE)::BIGINT END;
CREATE MACRO decimal_of(cell, most) AS
    CASE WHEN regexp_matches(cell, '^-?\d{1,15}(\.\d+)?([eE]-?\d{1,2})?$') AND abs(try_cast(cell AS DOUBLE)) <= most
         THEN try_cast(cell AS DOUBLE) END;
CREATE MACRO day_of(cell) AS CASE
    WHEN regexp_matches(cell, '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$')
        THEN try_cast(cell[:10] AS DATE)
    WHEN regexp_matches(cell, '(?i)^\d{1,2}[ -][a-z]{3,9}[ -]\d{4}$')
        THEN coalesce(try_strptime(replace(cell, '-', ' '), '%d %B %Y'),
                      try_strptime(replace(cell, '-', ' '), '%d %b %Y'))::DATE
    WHEN regexp_matches(cell, '^\d{1,2}[/.]\d{1,2}[/.]\d{4}$')
        THEN try_strptime(replace(cell, '.', '/'), '%d/%m/%Y')::DATE
    END;
CREATE MACRO is_unknown(notes) AS
    regexp_matches(notes, '(?i)(casualt|fatalit|deaths|death\stoll|\btoll\b)\w*((\s(and|or)\s|/)\w+)?(\s(is|are|was|were|remains?|still|currently|figures?|counts?|numbers?|reported|as)){0,4}\s?[,:=]?\s?(unknown|unclear|unspecified|undetermined|unreported|not\s(immediately\s)?(known|specified|given|reported))')
    OR regexp_matches(notes, '(?i)(unknown|unclear|unspecified|undetermined|unreported|not\s(immediately\s)?(known|specified|given|reported))\s(number\sof\s)?((if|whether)\s)?(there\s(was|were)\s)?(any\s)?(\w+\s(and|or)\s)?(casualt|fatalit|deaths|death\stoll|\btoll\b)')
    OR regexp_matches(notes, '(?i)\bno\s(information|word|details?)\s(yet\s)?(on|about|of)\s(any\s|the\s)?(casualt|fatalit|deaths|death\stoll|\btoll\b)')
    OR (regexp_matches(notes, '(?i)((unknown|unspecified|undetermined)\s(number|amount|count)(\sof\s[^.;]{0,60})?\s?(kill|casualt|fatalit|dea)|kill(ed|ing)\s(an\s)?(unknown|unspecified|undetermined)\s(number|amount|count))')
        AND NOT regexp_matches(notes, '(?i)\b(no|without|zero)\s(casualt|fatalit|deaths)'));

CREATE VIEW typed AS
WITH cells AS (
    SELECT {stripped}, row_number() OVER () AS place
    FROM read_csv('{path}', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"',
                  buffer_size = 16777216, max_line_size = 4194304)
)
SELECT * REPLACE (
    on_one_line(event_id_cnty) AS event_id_cnty, on_one_line(country) AS country, day_of(seen(event_date)) AS event_date,
    decimal_of(seen(latitude), 90) AS latitude, decimal_of(seen(longitude), 180) AS longitude,
    count_of(seen(time_precision)) AS time_precision, count_of(seen(geo_precision)) AS geo_precision,
    count_of(seen(fatalities)) AS fatalities)
FROM cells;

CREATE TEMP TABLE staged AS
    SELECT
        event_id_cnty AS incident_id,
        event_date AS date,
        CASE time_precision WHEN 2 THEN event_date - 3 WHEN 3 THEN date_trunc('month', event_date)::DATE
                            ELSE event_date END AS date_low,
        CASE time_precision WHEN 2 THEN event_date + 3 WHEN 3 THEN last_day(event_date) ELSE event_date END AS date_high,
        country,
        CASE WHEN fatalities = 0 THEN if(is_unknown(notes), NULL, fatalities) ELSE fatalities END AS killed_best,
        length(source) - length(replace(source, ';', '')) + if(suffix(source, ';'), 0, 1) AS n_reports,
        if(latitude IS NULL OR longitude IS NULL, NULL, latitude) AS latitude,
        if(latitude IS NULL OR longitude IS NULL, NULL, longitude) AS longitude,
        CASE geo_precision WHEN 1 THEN 5 WHEN 2 THEN 25 WHEN 3 THEN 100 END AS precision_km,
        event_type, sub_event_type, disorder_type, civilian_targeting, actor1, assoc_actor_1, inter1, actor2,
        assoc_actor_2, inter2, interaction, region, admin1, admin2, admin3, location, time_precision, geo_precision,
        source, source_scale, notes, tags, fatalities, place
    FROM typed
    WHERE event_id_cnty IS NOT NULL AND event_date BETWEEN DATE '1900-01-01' AND DATE '2100-12-31';

COPY (
    SELECT * EXCLUDE (place) FROM staged
    WHERE place IN (SELECT min(place) FROM staged GROUP BY incident_id)
    ORDER BY date, incident_id
) TO '{out}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 40960);
