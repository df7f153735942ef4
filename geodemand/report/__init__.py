"""Files for people: a sealed `Release` in, the bytes of a workbook, a page or a picture out."""
