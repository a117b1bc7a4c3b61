// Beside src and dist, so that both can name it by the same relative URL; which of the two it loads is the importer's condition.
import '@raft-mesh/mesh-browser/worker';
