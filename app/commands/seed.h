// `keywatch replay --seed`: history in files becomes the state that `run` begins with.
//
// Rules with a baseline raise nothing until records cover it (`rules.learning: hold`). With this
// they know the history before the service reads its first record. What the history itself would
// have raised is delivered to nobody; it is in the outbox, so that `run` meets it there when a
// source delivers the same records again.
#pragma once

#include <string>
#include <vector>

namespace keywatch::app {

struct SeedArguments {
  std::string config_path;
  std::vector<std::string> files;
};

// Evaluates the files with the rules of the configuration and writes a snapshot into its data_dir,
// without positions of sources: those begin where they would without a snapshot. All or nothing: a
// file that cannot be read, a rule that does not load, a data_dir in use or with state in it, a
// stop: nothing is written. Exit code 0; 2 for a rule; 3 for the configuration or the data_dir; 4
// when the files cannot be read or the state not written.
int RunSeed(const SeedArguments& arguments);

}  // namespace keywatch::app
