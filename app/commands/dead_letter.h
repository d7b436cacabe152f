// `keywatch deadletter list` and `keywatch deadletter resend`.
#pragma once

#include <string>

namespace keywatch::app {

struct DeadLetterArguments {
  std::string config_path;
  // Filters of letters; "": any.
  std::string sink;
  std::string reason;
  std::string id;
  std::string since;     // a time: set aside then or later
  bool records = false;  // list: also records that could not be read
  bool json = false;     // list: the letters as they stand in the file
  bool all = false;      // list: also those that were delivered since
  bool dry_run = false;  // resend: only say what would be sent
};

// Prints dead letters, oldest first, and a summary on stderr.
int RunDeadLetterList(const DeadLetterArguments& arguments);

// Delivers dead alerts now, each through the sink that it was for, once. What is delivered is noted
// beside the dead-letter file, and not sent again by a later call. Needs no lock of `data_dir`: it
// works while `run` is at work, and leaves the outbox alone. Exit code 0: all delivered; 1: some
// were refused; 4: a sink does not answer, or asks for rest: its other letters were left for later.
int RunDeadLetterResend(const DeadLetterArguments& arguments);

}  // namespace keywatch::app
