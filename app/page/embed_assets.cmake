# Writes the C++ file that holds the files as text: cmake -DFILES=a.css;b.js -DOUT=x.cc -P this
set(body "")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" text)
  string(APPEND body "      {\"${name}\", R\"asset(${text})asset\"},\n")
endforeach()
file(WRITE "${OUT}"
"// Written by embed_assets.cmake from app/page/assets.
#include \"app/page/assets.h\"

namespace keywatch::app::page {

const std::vector<Asset>& Assets() {
  static const std::vector<Asset> assets = {
${body}  };
  return assets;
}

}  // namespace keywatch::app::page
")
