// Texts that come from records, made fit for receivers with limits and for the eyes of people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keywatch::format {

// At most `most` characters, the last of which is "…" if something was cut off. Counted in UTF-16
// units, the largest of the ways in which services count characters.
std::string CutCharacters(std::string_view text, size_t most);
// At most `most` bytes, of whole characters.
std::string CutBytes(std::string_view text, size_t most);

// For people: what cannot be seen, or turns the direction of writing, is shown as U+FFFD, so that a
// record cannot make a message look like another. Line ends stay.
std::string Visible(std::string_view text);
// The same on one line, with single blanks.
std::string VisibleLine(std::string_view text);

}  // namespace keywatch::format
