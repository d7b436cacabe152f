// The fields of a form that a browser posts (application/x-www-form-urlencoded).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace keywatch::app::page {

// Of a repeated name the first; what is no escape stays as it is.
std::map<std::string, std::string> ReadForm(std::string_view body);

}  // namespace keywatch::app::page
