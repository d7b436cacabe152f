// What a file holds, judged by its beginning, and how to cut it into messages. Pure.
//
// JSON Lines: one document a line. Documents: a document spread over lines (`[` and records on
// lines of their own, or indented JSON), or several of them. A file is one of documents only when
// its first line opens a document that it does not close; a first line that was merely cut off must
// not turn the good lines after it into one large document that nobody can read.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace keywatch::file {

enum class FileForm {
  kUndecided,  // too little was seen
  kLines,
  kDocuments,
  kGzip,
  kZstd,
};

// kGzip, kZstd, or kLines for what is not packed, by the first four bytes.
FileForm PackingOf(std::string_view head);
inline bool MayBePacked(char first) { return first == '\x1f' || first == '\x28'; }

// `head` is the file's beginning, `at_end` says that it is all of it and that no more will come.
FileForm ClassifyHead(std::string_view head, bool at_end);

// A message: bytes `begin` to `begin + size` of the text.
struct Piece {
  size_t begin = 0;
  size_t size = 0;
  bool operator==(const Piece&) const = default;
};

struct Cut {
  std::vector<Piece> pieces;
  size_t consumed = 0;  // the rest needs more text
};

// What comes after a text.
enum class After {
  kMore,     // more of the file
  kGrowth,   // nothing now, but the file may grow
  kNothing,  // the file is complete
};

// Runs of whole lines, line ends included, each as long as fits into `run_bytes`, but at least a
// line. The last line needs no line end when nothing comes after it, or when it is one document: no
// growth can change what a closed document says.
Cut CutLines(std::string_view text, size_t run_bytes, After after);

// Whole documents. What stands between them and is not white space is a piece up to its line's end,
// for the decoder to refuse. When nothing comes after it, also a document that is not closed.
Cut CutDocuments(std::string_view text, After after);

}  // namespace keywatch::file
