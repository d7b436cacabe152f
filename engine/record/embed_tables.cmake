# Writes the C++ file that holds the table files as text: cmake -DFILES=a.csv;b.csv -DOUT=x.cc -P this
set(body "")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" csv)
  string(APPEND body "      {\"${name}\", R\"csv(${csv})csv\"},\n")
endforeach()
file(WRITE "${OUT}"
"// Written by embed_tables.cmake from engine/record/tables/*.csv.
#include \"engine/record/builtin_tables.h\"

namespace keywatch::record {

std::vector<BuiltinTable> BuiltinTables() {
  return {
${body}  };
}

}  // namespace keywatch::record
")
