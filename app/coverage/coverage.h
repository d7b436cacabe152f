// Which rules watch which operation, and what none watches.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/coverage/known_operations.h"
#include "connectors/decode/json_decoder.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/rule/rule_compiler.h"

namespace keywatch::app {

// One operation of one kind of service, known or seen in files.
struct OperationCoverage {
  std::string group;  // "" if it is not known
  std::string name;
  bool hsm = false;
  bool inferred = false;  // its name is a guess (known_operations.h)
  uint64_t seen = 0;      // records in the files
  // Rule number -> whether it looks at calls that were done, and at refused ones.
  struct Watch {
    bool done = false;
    bool refused = false;
  };
  std::map<size_t, Watch> rules;
};

struct Coverage {
  std::vector<OperationCoverage> operations;  // the known ones in their order, then the others
  // Rules that look at records of vaults at all, and of Managed HSMs, as far as a plain record of a
  // known operation, done or refused, shows it.
  std::set<size_t> of_vaults;
  std::set<size_t> of_hsms;
  std::set<size_t> general;  // rules that look at every operation; not among those of `operations`
};

// Asks each rule's own filters, with a record of each operation as a vault and as a Managed HSM
// write it. A rule that also takes an operation that does not exist is a general one.
class CoverageProbe {
 public:
  explicit CoverageProbe(const std::vector<rule::CompiledRule>& rules);

  // Of the known operations.
  Coverage Known();
  // Of an operation that was seen in a log, with a request that says nothing more.
  OperationCoverage Seen(const std::string& name, bool hsm);

 private:
  std::set<size_t> Watching(const std::string& json);
  OperationCoverage Ask(const KnownOperation& known, bool hsm);

  pipeline::RuleEngine engine_;
  decode::JsonDecoder decoder_;
  std::set<size_t> general_;
  std::set<size_t> general_of_vaults_;
  std::set<size_t> general_of_hsms_;
};

}  // namespace keywatch::app
